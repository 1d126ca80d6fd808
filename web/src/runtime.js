/** Runs a TFLite file with LiteRT.js, inside a worker. */

import { Tensor, loadAndCompile, loadLiteRt } from "./vendor/litertjs/core.js";
import { LARGEST_KNOWN, SECOND_LONG_SIDE, joinLooks, mayHaveCloseFaces } from "./close_faces.js";
import { VENDOR } from "./litert.js";
import { place, toPicture } from "./placement.js";
import { inputOf } from "./resampling.js";
import { INPUT, ModelError, NAME, checkSignature, countOf } from "./signature.js";

/** @typedef {import("./placement.js").Size} Size */
/** @typedef {import("./placement.js").Box} Box */
/** @typedef {{box: Box, score: number}} Face */

/**
 * @typedef {object} Search what was found in a picture
 * @property {Face[]} faces in pixels of the picture, scores falling
 * @property {Size} picture its size
 * @property {Size} searched size at which the picture was searched
 * @property {number} milliseconds from the picture to its faces
 * @property {number} preparation milliseconds spent beforehand on a size that is new to the detector, else 0
 */

/** The size that detectors are first run at: that of most cameras. */
const USUAL = { height: 480, width: 640 };

/** A TFLite file, loaded. */
export class Runtime {
  /** @type {Size | null} */
  #prepared = null;
  /** @type {Runtime | null} the same file, for second looks: another size would make the first plan its memory anew */
  #second = null;
  #model;
  #content;
  #source;

  /**
   * Loads a TFLite file and runs it once: so it is known to run, and the browser begins to optimise what it runs,
   * before the first picture comes.
   *
   * @param {Uint8Array} content of the file
   * @param {string} source its name, for messages
   * @throws {ModelError} damaged, or not the signature of a detector
   */
  static async load(content, source) {
    await (liteRtStarted ??= startLiteRt());
    let model;
    try {
      model = await loadAndCompile(content, { accelerator: "wasm" });
    } catch (error) {
      throw new ModelError(
        `${source}: expected a whole TFLite file, got ${content.length} bytes that LiteRT refuses; ` +
          `download or export it again (${reason(error)})`,
      );
    }
    const runtime = new Runtime(model, checkSignature(model.signatures, source), content, source);
    const size = runtime.fixedSize ?? USUAL;
    await runtime.#prepare(new Uint8Array(size.height * size.width * 3), size);
    return runtime;
  }

  /**
   * @param {import("@litertjs/core").CompiledModel} model
   * @param {Size | null} fixedSize the only size of pictures it takes
   * @param {Uint8Array} content
   * @param {string} source
   */
  constructor(model, fixedSize, content, source) {
    this.#model = model;
    this.fixedSize = fixedSize;
    this.#content = content;
    this.#source = source;
  }

  /**
   * The faces of a picture.
   *
   * @param {ImageBitmap} bitmap
   * @param {number} longSide a larger picture is scaled down to it
   * @returns {Promise<Search>}
   */
  async detect(bitmap, longSide) {
    const started = performance.now();
    const picture = { height: bitmap.height, width: bitmap.width };
    const pixels = pixelsOf(bitmap);
    const first = await this.#look(pixels, place(picture, longSide, this.fixedSize));
    let { faces, preparation } = first;
    const longer = Math.max(picture.height, picture.width);
    if (!this.fixedSize && Math.min(longSide, longer) > LARGEST_KNOWN && mayHaveCloseFaces(faces, longer)) {
      const loading = performance.now();
      this.#second ??= await Runtime.load(this.#content, this.#source);
      preparation += performance.now() - loading;
      const second = await this.#second.#look(pixels, place(picture, SECOND_LONG_SIDE, null));
      faces = joinLooks(faces, second.faces, longer);
      preparation += second.preparation;
    }
    const milliseconds = performance.now() - started - preparation;
    return { faces, picture, searched: first.searched, milliseconds, preparation };
  }

  /** @param {Uint8ClampedArray} pixels RGBA @param {import("./placement.js").Placement} placement */
  async #look(pixels, placement) {
    const input = inputOf(pixels, placement);
    const preparation = await this.#prepare(input, placement.input);
    const outputs = await this.#run(input, placement.input);
    return { faces: facesOf(outputs, placement, this.#source), searched: placement.scaled, preparation };
  }

  /**
   * The first picture of another size makes LiteRT plan its memory anew: an extra run, so that the time of every
   * picture is that of a camera's next one.
   *
   * @param {Uint8Array<ArrayBuffer>} input
   * @param {Size} size
   */
  async #prepare(input, size) {
    if (this.#prepared?.height === size.height && this.#prepared.width === size.width) return 0;
    const started = performance.now();
    await this.#run(input, size);
    this.#prepared = size;
    return performance.now() - started;
  }

  /** @param {Uint8Array<ArrayBuffer>} input @param {Size} size */
  async #run(input, size) {
    const images = new Tensor(input, [1, size.height, size.width, 3]);
    try {
      const tensors = await this.#model.run(NAME, { [INPUT]: images });
      const [boxes, scores, count] = ["boxes", "scores", "count"].map((name) => tensors[name].toTypedArray());
      for (const tensor of Object.values(tensors)) tensor.delete();
      return { boxes, scores, count };
    } catch (error) {
      throw new ModelError(
        `${this.#source}: LiteRT failed on a picture of ${size.width} x ${size.height} pixels (${reason(error)}); ` +
          "choose a smaller longest side or another detector",
      );
    } finally {
      images.delete();
    }
  }
}

/** @type {Promise<void> | null} a thread has one LiteRT, for all the files that it loads */
let liteRtStarted = null;

async function startLiteRt() {
  try {
    const liteRt = await loadLiteRt(VENDOR.href);
    // A detector leaves the size of its input free, and LiteRT resizes it to the tensor that it is given. Only
    // this check before it, which compares with the (1, -1, -1, 3) of the file, would refuse every size.
    liteRt.liteRtWasm.checkTensorBufferCompatible = () => {};
  } catch (error) {
    throw new Error(
      `expected to start LiteRT from ${VENDOR.href}, got: ${reason(error)}; reload the page, and if that does not ` +
        "help, use a current version of Chrome, Edge, Firefox or Safari",
    );
  }
}

/** @param {ImageBitmap} bitmap @returns {Uint8ClampedArray} RGBA */
function pixelsOf(bitmap) {
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context) {
    throw new Error(
      `expected a canvas of ${width} x ${height} pixels, got none from this browser; choose a smaller picture`,
    );
  }
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, width, height).data;
}

/**
 * @param {{boxes: ArrayLike<number>, scores: ArrayLike<number>, count: ArrayLike<number>}} outputs
 * @param {import("./placement.js").Placement} placement
 * @param {string} source
 * @returns {Face[]}
 */
function facesOf(outputs, placement, source) {
  const rows = Array.from({ length: countOf(outputs, source) }, (_, row) => row);
  return rows
    .map((row) => ({
      box: toPicture(Array.prototype.slice.call(outputs.boxes, row * 4, row * 4 + 4), placement),
      score: outputs.scores[row],
    }))
    // A box in the padding has no area once it is cut; comparing also drops what is no number.
    .filter(({ box: [left, top, right, bottom] }) => right > left && bottom > top)
    .sort((one, other) => other.score - one.score);
}

/** @param {unknown} error */
function reason(error) {
  return error instanceof Error ? error.message : String(error);
}
