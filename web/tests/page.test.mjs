// The page in Chromium, from end to end. tests/web/test_page.py builds and serves it, and says what Python finds.

import assert from "node:assert/strict";
import { copyFile, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { drawnBoxes, error, launch, open, said, screenshot } from "./browser.mjs";

/**
 * @typedef {object} Detection what Python finds
 * @property {string} picture path of the file
 * @property {string} detector name
 * @property {string} model path of its TFLite file
 * @property {string} longSide of the search; "Infinity" for the picture's own size
 * @property {number[][]} boxes
 */

/** @type {{detections: Detection[], fixed: Detection, foreign: string, camera: Detection}} */
const expected = JSON.parse(await readFile(process.env.TFFACE_EXPECTED, "utf8"));
const SHIPPED = expected.detections[0];

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {import("playwright-core").Page} the page, on which one test follows another, as a visitor does */
let page;
/** @type {string[]} */
let leaks;
/** @type {string[]} */
let failures;

before(async () => {
  browser = await launch();
  ({ page, leaks, failures } = await open(browser));
  await said(page, /Ready/);
  await screenshot(page, "desktop-empty");
});
after(() => browser.close());

/**
 * @param {number[][]} got
 * @param {number[][]} wanted
 * @param {number} [tolerance] pixels
 */
function assertSameBoxes(got, wanted, tolerance = 1) {
  assert.equal(got.length, wanted.length, `expected ${wanted.length} boxes, got ${got.length}`);
  for (const [row, box] of wanted.entries()) {
    const distance = Math.max(...box.map((value, edge) => Math.abs(got[row][edge] - value)));
    assert.ok(distance <= tolerance, `expected the box ${box}, got ${got[row]}`);
  }
}

/**
 * Chooses a file of this name and content.
 *
 * @param {string} name
 * @param {Buffer} content
 */
async function choose(name, content) {
  const input = name.endsWith(".tflite") ? "#model-file" : "#picture-file";
  await page.setInputFiles(input, { name, mimeType: "", buffer: content });
}

/** @param {RegExp} message */
async function assertError(message) {
  await page.getByRole("alert").locator("p").filter({ hasText: message }).waitFor();
  await page.getByRole("button", { name: "Close this message" }).click();
}

async function assertFindsTheSample() {
  await page.getByRole("button", { name: "Sample picture" }).click();
  await said(page, /^1 face in the sample picture/);
  assert.equal((await drawnBoxes(page)).length, 1);
}

/** @param {string} name */
async function useDetector(name) {
  await page.getByLabel("Detector", { exact: true }).selectOption(name);
}

test("shows the sample picture with its face and the time", async () => {
  await assertFindsTheSample();
  await screenshot(page, "desktop");
  assert.match((await page.locator("#time").textContent()) ?? "", /^[\d.]+ ms$/);
});

test("finds the boxes that Python finds, at every size, upright", async () => {
  for (const { picture, detector, longSide, boxes } of expected.detections) {
    await page.getByLabel("Longest side").selectOption(longSide);
    await useDetector(detector);
    await page.setInputFiles("#picture-file", picture);
    await said(page, new RegExp(`face.* in ${basename(picture)}`));
    await page.locator("#detail", { hasText: `By ${detector},` }).waitFor();
    assertSameBoxes(await drawnBoxes(page), boxes);
  }
  await page.getByLabel("Longest side").selectOption("640");
  await useDetector("fbi-half");
});

test("a lower threshold shows more", async () => {
  await assertFindsTheSample();
  await page.getByLabel("Lowest score").fill("0.05");
  await said(page, /faces in the sample picture/);
  const boxes = await drawnBoxes(page);
  assert.ok(boxes.length > 1);
  assert.equal(await page.locator("#faces li").count(), boxes.length);
  await page.getByLabel("Lowest score").fill("0.5");
  await said(page, /1 face in/);
});

test("says what is wrong with a file that is no picture, and keeps the picture", async () => {
  await assertFindsTheSample();
  await choose("empty.png", Buffer.alloc(0));
  await assertError(/^empty\.png: expected a picture, got an empty file; choose another/);
  await choose("notes.jpg", Buffer.from("These are notes."));
  await said(page, /1 face in the sample picture/);
  await screenshot(page, "error");
  await assertError(/^notes\.jpg: expected a picture, .* got 16 bytes that this browser cannot decode; save/);
});

test("says what is wrong with a damaged or foreign TFLite file, and keeps the detector", async () => {
  const whole = await readFile(expected.detections[0].model);
  const head = whole.subarray(0, 8);
  /** @type {[Buffer, RegExp][]} */
  const wrong = [
    [Buffer.alloc(0), /expected a TFLite file, with "TFL3" at byte 4, got 0 bytes without it; choose/],
    [Buffer.from("no model"), /got 8 bytes without it/],
    [whole.subarray(0, whole.length / 2), /expected a whole TFLite file, got \d+ bytes that LiteRT refuses; download/],
    [Buffer.concat([head, Buffer.alloc(1000, 0xff)]), /expected a whole TFLite file/],
    [await readFile(expected.foreign), /expected the input images \(uint8\), got .*; export the detector/],
  ];
  for (const [content, message] of wrong) {
    await choose("wrong.tflite", content);
    await assertError(message);
    assert.equal(await page.getByLabel("Detector", { exact: true }).inputValue(), "fbi-half");
  }
  await assertFindsTheSample();
});

test("takes a file of the user's own, of one fixed size", async () => {
  const { picture, model, boxes } = expected.fixed;
  await page.setInputFiles("#model-file", model);
  await page.locator("#long-side:disabled").waitFor();
  await page.setInputFiles("#picture-file", picture);
  await said(page, new RegExp(`1 face in ${basename(picture)}`));
  assertSameBoxes(await drawnBoxes(page), boxes);

  await useDetector("fbi-half");
  await page.locator("#long-side:enabled").waitFor();
  await said(page, /No face in/);
});

test("searches what is dropped", async () => {
  const content = await readFile(expected.detections[0].picture, "base64");
  await page.evaluate((base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], "dropped.png"));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  }, content);
  await said(page, /1 face in dropped\.png/);
});

test("fits a phone, light and dark, and works by keyboard", async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await page.emulateMedia({ colorScheme });
    await page.locator("#picture-file").focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await said(page, /1 face in the sample picture/);
    await screenshot(page, `phone-${colorScheme}`);
    await choose(`${"a-long-name-".repeat(10)}.png`, Buffer.from("no picture"));
    await page.getByRole("alert").waitFor();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 360, `expected no more than 360 pixels, got ${width}`);
    await assertError(/expected a picture/);
  }
  await page.setViewportSize({ width: 1280, height: 720 });
});

test("says that the camera was refused", async () => {
  await assertFindsTheSample();
  await page.getByRole("button", { name: "Camera" }).click();
  await assertError(/^Camera: the camera was refused; allow it/);
  await said(page, /1 face in the sample picture/);
});

test("searches what the camera sees, until it is stopped", async () => {
  await page.context().grantPermissions(["camera"]);
  await page.getByRole("button", { name: "Camera" }).click();
  await said(page, /1 face in what the camera sees/);
  await screenshot(page, "camera");
  // The camera compresses its pictures once more.
  assertSameBoxes(await drawnBoxes(page), expected.camera.boxes, 5);
  await page.getByRole("button", { name: "Stop the camera" }).click();
  await said(page, /Ready/);
  assert.equal((await drawnBoxes(page)).length, 0);
});

test("in all that, nothing left the page and nothing failed unseen", () => {
  assert.deepEqual(leaks, []);
  assert.deepEqual(failures, []);
});

test("loads the file that ?model= names", async () => {
  const { page } = await open(browser, "?model=weights/fbi-1.tflite");
  await said(page, /Ready/);
  assert.equal(await page.locator("#detector option:checked").textContent(), "fbi-1.tflite");

  const dist = join(import.meta.dirname, "../dist");
  await copyFile(join(dist, "weights/fbi-1.tflite"), join(dist, "50%.tflite"));
  const percent = await open(browser, "?model=50%25.tflite");
  await said(percent.page, /Ready/);
  assert.equal(await percent.page.locator("#detector option:checked").textContent(), "50%.tflite");
});

test("?model= says what is wrong with a path, and asks no other server", async () => {
  const missing = await open(browser, "?model=missing.tflite");
  assert.match(await error(missing.page), /missing\.tflite: expected a TFLite file, got HTTP status 404; check/);
  await said(missing.page, /No detector is loaded/);

  const other = await open(browser, "?model=https://example.org/fbi-1.tflite");
  assert.match(await error(other.page), /got another server; copy the file there/);
  assert.deepEqual(other.leaks, []);
});

test("says that the browser lacks WebAssembly", async () => {
  const { page } = await open(browser, "", () => Reflect.deleteProperty(globalThis, "WebAssembly"));
  assert.match(await error(page), /got one without WebAssembly; use a current version/);
  assert.equal(await page.getByRole("button", { name: "Sample picture" }).isDisabled(), true);
});
