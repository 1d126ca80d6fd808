// The camera in Chromium: one that is turned, slow, or not played. A canvas stands for it: the tests turn it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { drawnBoxes, error, launch, open, said } from "./browser.mjs";

/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** Runs in the page: `camera` shows the sample picture, as a canvas of 480x360, and remembers its streams. */
function replaceCamera() {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [480, 360];
  const picture = new Image();
  picture.src = "sample/astronaut.png";
  /** @type {MediaStream[]} */
  const streams = [];
  const draw = () => {
    // As large as the height is: the face is in the upper half.
    canvas.getContext("2d")?.drawImage(picture, 0, 0, 480, 480);
    setTimeout(draw, 50);
  };
  draw();
  Object.assign(globalThis, { camera: { canvas, streams, answer: Promise.resolve() } });
  navigator.mediaDevices.getUserMedia = async () => {
    const stream = canvas.captureStream();
    streams.push(stream);
    await Reflect.get(globalThis, "camera").answer;
    return stream;
  };
}

/** Runs in the page: the camera answers when `camera.open()` is called. */
function delayCamera() {
  const camera = Reflect.get(globalThis, "camera");
  camera.answer = new Promise((resolve) => Object.assign(camera, { open: resolve }));
}

async function openWithCamera() {
  const opened = await open(browser, "", replaceCamera);
  await said(opened.page, /Ready/);
  return opened;
}

/** @param {import("playwright-core").Page} page @returns {Promise<string[]>} whether each stream is live or ended */
function states(page) {
  return page.evaluate(() =>
    Reflect.get(globalThis, "camera").streams.map((/** @type {MediaStream} */ stream) => stream.getTracks()[0].readyState),
  );
}

/** @param {import("playwright-core").Page} page */
function clickCamera(page) {
  // Not the mouse of Playwright, which waits until a button is enabled.
  return page.locator("#camera").evaluate((/** @type {HTMLElement} */ button) => button.click());
}

/** @param {import("playwright-core").Page} page */
function shape(page) {
  return page.locator("#frame").evaluate((frame) => ({
    boxes: frame.querySelector("#boxes")?.getAttribute("viewBox"),
    ratio: Number(getComputedStyle(frame).getPropertyValue("--ratio")).toFixed(3),
  }));
}

test("boxes stay on their faces when the camera is turned", async () => {
  const { page, failures } = await openWithCamera();
  await clickCamera(page);
  await said(page, /1 face in what the camera sees/);
  assert.deepEqual(await shape(page), { boxes: "0 0 480 360", ratio: "1.333" });
  const [before] = await drawnBoxes(page);

  await page.evaluate(() => Object.assign(Reflect.get(globalThis, "camera").canvas, { width: 360, height: 480 }));
  await page.locator('#boxes[viewBox="0 0 360 480"]').waitFor({ state: "attached" });
  await said(page, /1 face in what the camera sees/);
  assert.deepEqual(await shape(page), { boxes: "0 0 360 480", ratio: "0.750" });
  const [after] = await drawnBoxes(page);
  // The sample picture is drawn from the same corner, at the same scale.
  for (const edge of [0, 1, 2, 3]) assert.ok(Math.abs(after[edge] - before[edge]) < 12, `${before} and ${after}`);
  assert.deepEqual(failures, []);
  await page.close();
});

test("a second click while the camera is asked for opens no second stream", async () => {
  const { page } = await openWithCamera();
  await page.evaluate(delayCamera);
  await clickCamera(page);
  await said(page, /Waiting for the camera/);
  assert.equal(await page.locator("#camera").isDisabled(), true);
  await clickCamera(page);
  await page.evaluate(() => Reflect.get(globalThis, "camera").open());
  await said(page, /1 face in what the camera sees/);
  assert.deepEqual(await states(page), ["live"]);
  await page.getByRole("button", { name: "Stop the camera" }).click();
  await said(page, /Ready/);
  assert.deepEqual(await states(page), ["ended"]);
  await page.close();
});

test("a camera that answers after a picture was chosen is turned off", async () => {
  const { page } = await openWithCamera();
  await page.evaluate(delayCamera);
  await clickCamera(page);
  await page.getByRole("button", { name: "Sample picture" }).click();
  await said(page, /1 face in the sample picture/);
  await page.evaluate(() => Reflect.get(globalThis, "camera").open());
  await page.locator("#camera:enabled").waitFor();
  assert.deepEqual(await states(page), ["ended"]);
  assert.equal(await page.getByRole("alert").isVisible(), false);
  await said(page, /1 face in the sample picture/);
  await page.close();
});

test("a camera that is not played is turned off, and can be tried again", async () => {
  const { page } = await openWithCamera();
  await page.evaluate(() => {
    const { play } = HTMLMediaElement.prototype;
    HTMLMediaElement.prototype.play = function () {
      HTMLMediaElement.prototype.play = play;
      return Promise.reject(new DOMException("no frames", "NotSupportedError"));
    };
  });
  await clickCamera(page);
  assert.match(await error(page), /^Camera: the browser does not play .* \(NotSupportedError: no frames\); try again/);
  assert.deepEqual(await states(page), ["ended"]);
  await said(page, /Ready/);

  await page.getByRole("button", { name: "Camera", exact: true }).click();
  await said(page, /1 face in what the camera sees/);
  assert.deepEqual(await states(page), ["ended", "live"]);
  await page.close();
});

/** Runs in the page: pictures for the detector are held in `camera.held`, until `camera.release()`. */
function holdSearches() {
  const camera = Reflect.get(globalThis, "camera");
  const post = Worker.prototype.postMessage;
  camera.held = [];
  Worker.prototype.postMessage = function (/** @type {any[]} */ ...message) {
    camera.held.push(() => Reflect.apply(post, this, message));
  };
  camera.release = () => {
    for (const send of camera.held.splice(0)) send();
  };
}

/** @param {import("playwright-core").Page} page @param {number} count */
async function heldSearches(page, count) {
  await page.waitForFunction((count) => Reflect.get(globalThis, "camera").held.length >= count, count);
  await page.waitForTimeout(500); // for one too many to come
  return page.evaluate(() => Reflect.get(globalThis, "camera").held.length);
}

test("a camera that is turned off and on during a search is searched once at a time", async () => {
  const { page } = await openWithCamera();
  await page.evaluate(holdSearches);
  await clickCamera(page);
  assert.equal(await heldSearches(page, 1), 1);
  await page.getByRole("button", { name: "Stop the camera" }).click();
  await page.getByRole("button", { name: "Camera", exact: true }).click();
  assert.equal(await heldSearches(page, 2), 2); // the one of before, and the next

  await page.evaluate(() => Reflect.get(globalThis, "camera").release());
  assert.equal(await heldSearches(page, 1), 1);
  assert.deepEqual(await states(page), ["ended", "live"]);
  await page.close();
});

test("a camera that ends by itself is said, and can be tried again", async () => {
  const { page } = await openWithCamera();
  await clickCamera(page);
  await said(page, /1 face in what the camera sees/);
  await page.evaluate(() => Reflect.get(globalThis, "camera").streams[0].getTracks()[0].stop());
  assert.match(await error(page), /^Camera: it has ended/);
  await said(page, /Ready/);

  await page.getByRole("button", { name: "Camera", exact: true }).click();
  await said(page, /1 face in what the camera sees/);
  assert.deepEqual(await states(page), ["ended", "live"]);
  await page.close();
});

/** Runs in the page: pictures are decoded when `camera.decode()` is called. */
function delayPictures() {
  const camera = Reflect.get(globalThis, "camera");
  const decoded = new Promise((resolve) => Object.assign(camera, { decode: resolve }));
  const decode = globalThis.createImageBitmap;
  Object.assign(globalThis, {
    createImageBitmap: async (/** @type {any[]} */ ...source) => {
      if (source[0] instanceof Blob) await decoded;
      return Reflect.apply(decode, globalThis, source);
    },
  });
}

test("a picture that is still being read is shown when the camera is refused meanwhile", async () => {
  const { page } = await openWithCamera();
  await page.evaluate(delayPictures);
  await page.getByRole("button", { name: "Sample picture" }).click();
  await said(page, /Reading the sample picture/);
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
  });
  await clickCamera(page);
  assert.match(await error(page), /^Camera: the camera was refused/);

  await page.evaluate(() => Reflect.get(globalThis, "camera").decode());
  await said(page, /1 face in the sample picture/);
  await page.close();
});

/** Runs in the page: keeps the threads that are started in `threads`. */
function keepThreads() {
  const { Worker } = globalThis;
  /** @type {Worker[]} */
  const threads = [];
  Object.assign(globalThis, {
    threads,
    Worker: class extends Worker {
      /** @param {string | URL} url */
      constructor(url) {
        super(url);
        threads.push(this);
      }
    },
  });
}

test("a detector whose thread has failed says so at every search", async () => {
  const { page } = await open(browser, "", keepThreads);
  await said(page, /Ready/);
  await page.evaluate(() => Reflect.get(globalThis, "threads")[0].dispatchEvent(new ErrorEvent("error", { message: "lost" })));

  for (const _ of [1, 2]) {
    await page.getByRole("button", { name: "Sample picture" }).click();
    assert.match(await error(page), /the detector's thread failed \(lost\); reload the page/);
  }
  await page.close();
});
