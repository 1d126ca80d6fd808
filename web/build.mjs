// Builds dist/, the page as any static file server serves it. Everything that the page needs at run time is copied
// here: LiteRT.js from npm, the detectors from tfface, a sample picture from scikit-image.

import { execFileSync } from "node:child_process";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";

const WEB = import.meta.dirname;
const ROOT = join(WEB, "..");
const DIST = join(WEB, "dist");
const LITERT = join(WEB, "node_modules/@litertjs");
const PYTHON = process.env.PYTHON ?? join(ROOT, ".venv/bin/python");

/** Detectors that the page offers. */
const PRESETS = ["fbi-half", "fbi-1", "plain-yunet-s", "plain-yunet", "yunet-s", "yunet-n"];
/** LiteRT in WebAssembly, for browsers with relaxed SIMD and for those without; a browser loads one of them. */
const WASM = ["litert_wasm_internal", "litert_wasm_compat_internal"];

/** @param {string} from @param {string} to inside dist/ @param {string} remedy what to do if it is missing */
async function copy(from, to, remedy) {
  if (!existsSync(from)) throw new Error(`expected ${from}, got no such file; ${remedy}`);
  await cp(from, join(DIST, to), { recursive: true });
}

async function copyLiteRt() {
  const remedy = "run npm ci in web/";
  const vendor = "vendor/litertjs";
  for (const name of WASM) {
    for (const type of ["js", "wasm"]) {
      await copy(join(LITERT, `core/wasm/${name}.${type}`), `${vendor}/${name}.${type}`, remedy);
    }
  }
  await copy(join(LITERT, "wasm-utils/dist/index.js"), `${vendor}/wasm-utils.js`, remedy);
  await copy(join(ROOT, "LICENSE"), `${vendor}/LICENSE`, "it comes with the checkout");

  // Browsers resolve the names of packages by import maps, which do not reach into workers.
  const source = await readFile(join(LITERT, "core/dist/index.js"), "utf8");
  const linked = source.replace('from "@litertjs/wasm-utils"', 'from "./wasm-utils.js"');
  if (linked === source) throw new Error("expected LiteRT.js to import @litertjs/wasm-utils; adapt build.mjs to it");
  await writeFile(join(DIST, vendor, "core.js"), linked);
}

/** The astronaut Eileen Collins, by NASA, in the public domain. */
async function copySample() {
  const remedy = "run make setup, or name the Python that has scikit-image: PYTHON=/path/to/python npm run build";
  if (!existsSync(PYTHON)) throw new Error(`expected Python at ${PYTHON}, got no such file; ${remedy}`);
  const find = "import importlib.util as u; print(u.find_spec('skimage').submodule_search_locations[0])";
  const folder = execFileSync(PYTHON, ["-c", find], { encoding: "utf8" }).trim();
  await copy(join(folder, "data/astronaut.png"), "sample/astronaut.png", remedy);
}

await rm(DIST, { recursive: true, force: true });
await mkdir(join(DIST, "vendor/litertjs"), { recursive: true });
await copy(join(WEB, "src"), ".", "it comes with the checkout");
await copyLiteRt();
for (const name of PRESETS) {
  await copy(join(ROOT, `tfface/weights/${name}.tflite`), `weights/${name}.tflite`, "it comes with the checkout");
}
await copySample();
console.log(`built ${DIST}`);
