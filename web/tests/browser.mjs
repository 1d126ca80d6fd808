// Chromium, and the page in it. What the tests are told about: see tests/web/test_page.py.

import { chromium } from "playwright-core";

const PAGE = process.env.TFFACE_PAGE;

/** Without these, Chromium asks its maker's servers at every start; the last three give it a camera. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-fake-device-for-media-stream",
  `--use-file-for-fake-video-capture=${process.env.TFFACE_CAMERA}`,
];

export function launch() {
  return chromium.launch({ executablePath: process.env.TFFACE_CHROMIUM, args: FLAGS });
}

/**
 * Opens the page, in a profile of its own.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {string} [query] of the address
 * @param {() => void} [before] runs in the page before its own scripts
 */
export async function open(browser, query = "", before) {
  const page = await browser.newPage();
  /** @type {string[]} what was asked of another server, or sent to any */
  const leaks = [];
  page.context().on("request", (request) => {
    const isOwn = new URL(request.url()).origin === new URL(PAGE).origin;
    if (!isOwn || request.method() !== "GET") leaks.push(`${request.method()} ${request.url()}`);
  });
  /** @type {string[]} errors that the page did not catch */
  const failures = [];
  page.on("pageerror", (error) => failures.push(String(error)));
  if (before) await page.addInitScript(before);
  await page.goto(PAGE + query);
  return { page, leaks, failures };
}

/** @param {import("playwright-core").Page} page @param {RegExp} pattern of what the page says */
export async function said(page, pattern) {
  await page.getByRole("status").filter({ hasText: pattern }).waitFor();
}

/** @param {import("playwright-core").Page} page @returns {Promise<string>} the message */
export async function error(page) {
  const alert = page.getByRole("alert");
  await alert.waitFor();
  return (await alert.locator("p").textContent()) ?? "";
}

/** @param {import("playwright-core").Page} page @returns {Promise<number[][]>} boxes as they are drawn */
export function drawnBoxes(page) {
  return page.locator("#boxes rect.face").evaluateAll((rects) =>
    rects.map((rect) => {
      const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(rect.getAttribute(name)));
      return [x, y, x + width, y + height];
    }),
  );
}

/** Keeps a picture of the page where TFFACE_SCREENSHOTS names a folder. */
export async function screenshot(/** @type {import("playwright-core").Page} */ page, /** @type {string} */ name) {
  const folder = process.env.TFFACE_SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
