/** The TFLite files that the page can load: those of tfface, one beside the page, one of the user's. */

/** @typedef {{name: string, content: Uint8Array}} Model */

/**
 * A detector of tfface.
 *
 * @param {string} name such as "fbi-half": a name of web/build.mjs
 * @returns {Promise<Model>}
 */
export async function shippedModel(name) {
  return { ...(await modelAt(`weights/${name}.tflite`)), name };
}

/**
 * A file on the server that the page came from.
 *
 * @param {string} path relative to the page
 * @returns {Promise<Model>}
 */
export async function modelAt(path) {
  const url = new URL(path, document.baseURI);
  if (url.origin !== location.origin) {
    throw new Error(`?model=${path}: expected a path on ${location.origin}, got another server; copy the file there`);
  }
  let response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw new Error(`${path}: expected a TFLite file, got no answer from the server (${error}); reload the page`);
  }
  if (!response.ok) {
    throw new Error(`${path}: expected a TFLite file, got HTTP status ${response.status}; check the path`);
  }
  return { name: nameOf(url), content: new Uint8Array(await response.arrayBuffer()) };
}

/** @param {File} file @returns {Promise<Model>} */
export async function modelIn(file) {
  return { name: file.name, content: new Uint8Array(await file.arrayBuffer()) };
}

/** @param {File} file */
export function isModel(file) {
  return file.name.toLowerCase().endsWith(".tflite");
}

/** @param {URL} url */
function nameOf(url) {
  const name = url.pathname.split("/").at(-1) || url.pathname;
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // such as 50%.tflite, which servers take as it stands
  }
}
