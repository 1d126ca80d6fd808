/** What the page shows: a picture with its boxes, the result, and errors. */

/** @typedef {import("./placement.js").Size} Size */
/** @typedef {import("./runtime.js").Search} Search */
/** @typedef {import("./runtime.js").Face} Face */

/** Pixels of the longer side of a shown picture: more than screens show, and a canvas that every device can hold. */
const SHOWN_SIDE = 2048;

/**
 * The element of the page with this id.
 *
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`expected a ${type.name} with the id ${id} in the page, got ${found}`);
  return found;
}

const canvas = element("canvas", HTMLCanvasElement);
const video = element("video", HTMLVideoElement);
const boxes = element("boxes", SVGSVGElement);
const status = element("status", HTMLElement);
const list = element("faces", HTMLElement);
const error = element("error", HTMLElement);

/** @param {ImageBitmap} bitmap @param {string} name */
export function showPicture(bitmap, name) {
  const scale = Math.min(1, SHOWN_SIDE / Math.max(bitmap.width, bitmap.height));
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  if (context) context.imageSmoothingQuality = "high";
  context?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  canvas.setAttribute("aria-label", name);
  showFrame(bitmap, false);
}

/** The camera's picture, instead of a still one. */
export function showCamera() {
  showFrame({ width: video.videoWidth, height: video.videoHeight }, true);
}

/** No picture, as at the beginning. */
export function showNothing() {
  element("frame", HTMLElement).hidden = true;
  element("invitation", HTMLElement).hidden = false;
  element("stage", HTMLElement).classList.add("empty");
  hideResult();
}

/** @param {Size} size @param {boolean} moving */
function showFrame(size, moving) {
  canvas.hidden = moving;
  video.hidden = !moving;
  fit(size);
  element("frame", HTMLElement).hidden = false;
  element("invitation", HTMLElement).hidden = true;
  element("stage", HTMLElement).classList.remove("empty");
  hideResult();
}

/** Gives the frame and the boxes the shape of a picture. @param {Size} size */
function fit({ width, height }) {
  boxes.setAttribute("viewBox", `0 0 ${width} ${height}`);
  element("frame", HTMLElement).style.setProperty("--ratio", String(width / height));
}

function hideResult() {
  boxes.replaceChildren();
  element("measures", HTMLElement).hidden = true;
  element("faces-section", HTMLElement).hidden = true;
  element("detail", HTMLElement).textContent = "";
}

/**
 * The faces of the picture, and how they were found.
 *
 * @param {Face[]} faces those to show
 * @param {Search} search
 * @param {string} detector
 */
export function showResult(faces, { picture, searched, milliseconds, preparation }, detector) {
  fit(picture); // the camera's changes its shape when a phone is turned
  boxes.replaceChildren(...faces.flatMap(({ box }) => [rectangle(box, "shadow"), rectangle(box, "face")]));
  element("time", HTMLElement).textContent = `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
  element("size", HTMLElement).textContent = `${searched.width} × ${searched.height}`;
  element("measures", HTMLElement).hidden = false;
  const once = preparation > 0 ? `, after ${Math.ceil(preparation)} ms of preparing for a new size` : "";
  element("detail", HTMLElement).textContent = `By ${detector}, from the picture to its boxes${once}.`;
  list.replaceChildren(...faces.map(faceItem));
  element("faces-section", HTMLElement).hidden = faces.length === 0;
}

/** @param {Face["box"]} box @param {string} role */
function rectangle([left, top, right, bottom], role) {
  const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  rect.classList.add(role);
  const attributes = { x: left, y: top, width: right - left, height: bottom - top };
  for (const [name, value] of Object.entries(attributes)) rect.setAttribute(name, String(value));
  return rect;
}

/** @param {Face} face */
function faceItem({ box: [left, top, right, bottom], score }) {
  const item = document.createElement("li");
  const size = document.createElement("span");
  size.textContent = `${Math.round(right - left)} × ${Math.round(bottom - top)} pixels`;
  const value = document.createElement("strong");
  value.textContent = score.toFixed(2);
  item.append(size, value);
  return item;
}

/**
 * Says how things stand; screen readers read it out.
 *
 * @param {string} text
 */
export function say(text) {
  // Said twice, it would be read out twice: the camera repeats itself many times a second.
  if (status.textContent !== text) status.textContent = text;
}

/** @param {unknown} problem */
export function showError(problem) {
  element("error-text", HTMLElement).textContent = problem instanceof Error ? problem.message : String(problem);
  error.hidden = false;
}

export function hideError() {
  error.hidden = true;
}
