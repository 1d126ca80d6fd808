// The thread that detects. It is a classic worker, not a module: LiteRT.js loads its WebAssembly by importScripts,
// which modules lack. What it runs is a module nevertheless, fetched by import().

/** @typedef {{id: number, load?: Load, detect?: {bitmap: ImageBitmap, longSide: number}}} Request */
/** @typedef {{content: Uint8Array, source: string, wasm: WebAssembly.Module}} Load */

const imported = import("./runtime.js");
/** @type {import("./runtime.js").Runtime | undefined} */
let runtime;

/**
 * Gives the loader of LiteRT its WebAssembly, which the page has compiled for all detectors.
 *
 * @param {WebAssembly.Module} wasm
 */
function useCompiled(wasm) {
  /** @type {any} a setting of Emscripten that the types of LiteRT.js do not name */
  const settings = {
    instantiateWasm(/** @type {WebAssembly.Imports} */ imports, /** @type {Function} */ done) {
      const instance = new WebAssembly.Instance(wasm, imports);
      done(instance, wasm);
      return instance.exports;
    },
    // Its log, out of the way.
    print: console.debug,
    printErr: console.debug,
  };
  self.Module = settings;
}

/** @param {Request} request */
async function answer({ load, detect }) {
  if (load) {
    useCompiled(load.wasm);
    const { Runtime } = await imported;
    runtime = await Runtime.load(load.content, load.source);
    return { fixedSize: runtime.fixedSize };
  }
  if (!detect || !runtime) throw new Error("expected a file to load before a picture");
  try {
    return await runtime.detect(detect.bitmap, detect.longSide);
  } finally {
    detect.bitmap.close();
  }
}

self.onmessage = async (/** @type {MessageEvent<Request>} */ { data }) => {
  try {
    self.postMessage({ id: data.id, result: await answer(data) });
  } catch (error) {
    self.postMessage({ id: data.id, error: error instanceof Error ? error.message : String(error) });
  }
};
