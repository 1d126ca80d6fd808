/** A detector in a thread of its own, so that the page stays responsive, and survives whatever file it loads. */

import { compileLiteRt } from "./litert.js";
import { checkContent } from "./signature.js";

/** @typedef {import("./placement.js").Size} Size */
/** @typedef {import("./runtime.js").Search} Search */
/** @typedef {{resolve: (result: any) => void, reject: (error: Error) => void}} Waiting */

export class Detector {
  #worker = new Worker(new URL("./worker.js", import.meta.url));
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();
  #requests = 0;
  /** why nothing is answered any more; empty while something is */
  #ended = "";
  /** @type {Size | null} the only size of pictures it takes, null if it takes every size */
  fixedSize = null;

  /** @param {string} name as people know it */
  constructor(name) {
    this.name = name;
    this.#worker.onmessage = ({ data: { id, result, error } }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#end(`${name}: the detector's thread failed (${event.message}); reload the page`);
    };
  }

  /**
   * Loads a TFLite file.
   *
   * @param {import("./models.js").Model} model
   * @throws {Error} damaged, no TFLite file, or no detector
   */
  static async load({ name, content }) {
    checkContent(content, name);
    const wasm = await compileLiteRt();
    const detector = new Detector(name);
    try {
      const { fixedSize } = await detector.#ask({ load: { content, source: name, wasm } }, []);
      detector.fixedSize = fixedSize;
      return detector;
    } catch (error) {
      detector.close();
      throw error;
    }
  }

  /**
   * The faces of a picture.
   *
   * @param {ImageBitmap} bitmap handed over to the detector: it cannot be drawn afterwards
   * @param {number} longSide a larger picture is scaled down to it
   * @returns {Promise<Search>}
   */
  detect(bitmap, longSide) {
    return this.#ask({ detect: { bitmap, longSide } }, [bitmap]);
  }

  /** Frees its memory; what it has not answered yet fails. */
  close() {
    this.#end(`${this.name}: closed`);
  }

  /** @param {object} request @param {Transferable[]} transferred @returns {Promise<any>} */
  #ask(request, transferred) {
    if (this.#ended) return Promise.reject(new Error(this.#ended));
    const id = ++this.#requests;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, ...request }, transferred);
    });
  }

  /** @param {string} message */
  #end(message) {
    this.#ended = message;
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(new Error(message));
    this.#waiting.clear();
  }
}
