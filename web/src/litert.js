/** LiteRT's WebAssembly. */

import { supportsFeature } from "./vendor/litertjs/core.js";

/** Folder of LiteRT.js. */
export const VENDOR = new URL("./vendor/litertjs/", import.meta.url);

/** @type {Promise<WebAssembly.Module> | null} */
let compiled = null;

/**
 * LiteRT, compiled: once for all detectors, so that what the browser has optimised for one serves the next.
 *
 * @returns {Promise<WebAssembly.Module>}
 */
export async function compileLiteRt() {
  compiled ??= compile();
  try {
    return await compiled;
  } catch (error) {
    compiled = null; // the next attempt begins anew
    throw new Error(
      `expected LiteRT's WebAssembly in ${VENDOR.href}, got: ${error instanceof Error ? error.message : error}; ` +
        "reload the page, and if that does not help, use a current version of Chrome, Edge, Firefox or Safari",
    );
  }
}

async function compile() {
  // The same choice as that of LiteRT.js, which loads the script beside it.
  const name = (await supportsFeature("relaxedSimd")) ? "litert_wasm_internal" : "litert_wasm_compat_internal";
  const response = await fetch(new URL(`${name}.wasm`, VENDOR));
  if (!response.ok) throw new Error(`HTTP status ${response.status} for ${name}.wasm`);
  const isTyped = response.headers.get("content-type")?.startsWith("application/wasm");
  // Only a stream is kept compiled until the next visit, and browsers demand its type, which not every server knows.
  return isTyped ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}
