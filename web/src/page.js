/** The page: what its controls do. */

import { Camera } from "./camera.js";
import { Detector } from "./detector.js";
import { onChosen, onDropped } from "./files.js";
import { isModel, modelAt, modelIn, shippedModel } from "./models.js";
import { decode, fetchPicture } from "./picture.js";
import { Turns } from "./turns.js";
import * as view from "./view.js";

/** @typedef {import("./models.js").Model} Model */
/** @typedef {import("./runtime.js").Search} Search */

/** What the browser must have, as the name of a global. */
const NEEDED = ["WebAssembly", "Worker", "OffscreenCanvas", "createImageBitmap"];
const OWN = "own";

const detectorSelect = view.element("detector", HTMLSelectElement);
const longSideSelect = view.element("long-side", HTMLSelectElement);
const threshold = view.element("threshold", HTMLInputElement);
const cameraButton = view.element("camera", HTMLButtonElement);
const camera = new Camera(view.element("video", HTMLVideoElement));

/** @type {Detector | null} */
let detector = null;
/** @type {{bitmap: ImageBitmap, name: string} | null} the still picture, if one is shown */
let picture = null;
/** @type {Search | null} of what is shown */
let search = null;
/** @type {string} the option of the list of detectors that is loaded */
let option = "";
/** @type {Model | null} the user's own file, once it was loaded */
let ownModel = null;
const detectors = new Turns();
const sources = new Turns();
/** Detectors that are being loaded. */
let loading = 0;

/** @param {() => Promise<void>} action whose errors are shown */
async function attempt(action) {
  view.hideError();
  try {
    await action();
  } catch (problem) {
    view.showError(problem);
    sayHowThingsStand();
  }
}

function sayHowThingsStand() {
  if (!detector) view.say("No detector is loaded. Choose one.");
  else if (search) view.say(`${facesIn(shownFaces().length)} in ${picture?.name ?? "what the camera sees"}.`);
  else view.say("Ready. Choose a picture.");
}

/** @param {number} count */
function facesIn(count) {
  return count === 0 ? "No face" : count === 1 ? "1 face" : `${count} faces`;
}

function shownFaces() {
  return search?.faces.filter(({ score }) => score >= Number(threshold.value)) ?? [];
}

function refresh() {
  if (search && detector) view.showResult(shownFaces(), search, detector.name);
  sayHowThingsStand();
}

/**
 * Loads a detector in place of the present one, which stays if that fails.
 *
 * @param {() => Promise<Model>} read
 * @param {string} name its option in the list of detectors
 */
async function useDetector(read, name) {
  const turn = detectors.begin();
  loading += 1;
  view.say("Loading the detector …");
  try {
    const model = await read();
    const loaded = await Detector.load(model);
    if (!detectors.take(turn)) return loaded.close();
    detector?.close();
    detector = loaded;
    option = name;
    if (name === OWN) offerOwn(model);
  } finally {
    loading -= 1;
    if (!loading) showDetector();
  }
  await searchPicture();
}

/** @param {string} name of a detector of tfface */
function useShipped(name) {
  return useDetector(() => shippedModel(name), name);
}

/** Puts the user's own file into the list of detectors. @param {Model} model */
function offerOwn(model) {
  if (model === ownModel) return;
  detectorSelect.querySelector(`[value="${OWN}"]`)?.remove();
  detectorSelect.append(new Option(model.name, OWN));
  ownModel = model;
}

/** Brings the controls in line with the detector that is loaded. */
function showDetector() {
  detectorSelect.value = option;
  const size = detector?.fixedSize;
  longSideSelect.disabled = Boolean(size);
  view.element("long-side-hint", HTMLElement).textContent = size
    ? `This detector takes ${size.width} × ${size.height} pixels; pictures are scaled to fit.`
    : "Larger finds smaller faces and takes longer.";
}

/**
 * The faces of a picture; null if another detector was chosen meanwhile.
 *
 * @param {ImageBitmap} bitmap handed over
 */
async function find(bitmap) {
  const used = detector;
  try {
    return (await used?.detect(bitmap, Number(longSideSelect.value))) ?? null;
  } catch (problem) {
    if (used !== detector) return null;
    throw problem;
  }
}

/** Searches the still picture, if there is one, by the present detector and settings. */
async function searchPicture() {
  if (!picture || !detector) return sayHowThingsStand();
  const { bitmap, name } = picture;
  view.say(`Searching ${name} …`);
  // A copy: the detector keeps what it is given, and the picture may be searched again by other settings.
  const found = await find(await createImageBitmap(bitmap));
  if (found && picture?.bitmap === bitmap) {
    search = found;
    refresh();
  }
}

/**
 * Shows a still picture and searches it.
 *
 * @param {() => Promise<ImageBitmap>} read
 * @param {string} name
 */
async function usePicture(read, name) {
  const turn = sources.begin();
  view.say(`Reading ${name} …`);
  const bitmap = await read();
  if (!sources.take(turn)) return bitmap.close();
  stopCamera();
  picture = { bitmap, name };
  search = null;
  view.showPicture(bitmap, name);
  await searchPicture();
}

/** Searches what the camera sees, picture after picture, until it is stopped. */
async function useCamera() {
  const turn = sources.begin();
  view.say("Waiting for the camera …");
  const stream = await startCamera();
  if (!stream) return;
  if (!sources.take(turn)) return camera.stop();
  cameraButton.textContent = "Stop the camera";
  picture = search = null;
  view.showCamera();
  try {
    for (let bitmap = await camera.next(stream); bitmap; bitmap = await camera.next(stream)) {
      const found = await find(bitmap);
      if (camera.stream !== stream) break;
      search = found ?? search;
      refresh();
    }
  } finally {
    if (camera.stream === stream) stopCamera();
  }
}

async function startCamera() {
  cameraButton.disabled = true;
  try {
    return await camera.start();
  } finally {
    cameraButton.disabled = false;
  }
}

function stopCamera() {
  if (!camera.stream) return;
  camera.stop();
  cameraButton.textContent = "Camera";
  search = null;
  view.showNothing();
}

/** @param {File} file a picture or a detector */
function useFile(file) {
  if (isModel(file)) attempt(() => useDetector(() => modelIn(file), OWN));
  else attempt(() => usePicture(() => decode(file, file.name), file.name));
}

function listen() {
  onChosen(view.element("picture-file", HTMLInputElement), useFile);
  onChosen(view.element("model-file", HTMLInputElement), useFile);
  onDropped(useFile);
  view.element("sample", HTMLButtonElement).addEventListener("click", () =>
    attempt(() => usePicture(() => fetchPicture("sample/astronaut.png"), "the sample picture")),
  );
  cameraButton.addEventListener("click", () => {
    if (!camera.stream) return attempt(useCamera);
    stopCamera();
    sayHowThingsStand();
  });
  detectorSelect.addEventListener("change", () => {
    const name = detectorSelect.value;
    const own = ownModel;
    attempt(() => (name === OWN && own ? useDetector(async () => own, OWN) : useShipped(name)));
  });
  longSideSelect.addEventListener("change", () => attempt(searchPicture));
  threshold.addEventListener("input", () => {
    view.element("threshold-value", HTMLOutputElement).textContent = Number(threshold.value).toFixed(2);
    refresh();
  });
  view.element("error-close", HTMLButtonElement).addEventListener("click", view.hideError);
}

function start() {
  view.element("unstarted", HTMLElement).remove();
  const missing = NEEDED.filter((name) => !(name in globalThis));
  if (missing.length > 0) {
    for (const control of document.querySelectorAll("button, input, select")) control.setAttribute("disabled", "");
    view.say("This browser cannot run the detectors.");
    view.showError(
      `expected a browser with ${NEEDED.join(", ")}, got one without ${missing.join(", ")}; ` +
        "use a current version of Chrome, Edge, Firefox or Safari, and allow WebAssembly in its settings",
    );
    return;
  }
  listen();
  const path = new URLSearchParams(location.search).get("model");
  attempt(() => (path ? useDetector(() => modelAt(path), OWN) : useShipped(detectorSelect.value)));
}

start();
