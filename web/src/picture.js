/** Pictures, decoded by the browser. */

/**
 * Decodes a picture file, upright: the browser applies the orientation of EXIF.
 *
 * @param {Blob} blob
 * @param {string} name for messages
 * @returns {Promise<ImageBitmap>}
 */
export async function decode(blob, name) {
  if (blob.size === 0) throw new Error(`${name}: expected a picture, got an empty file; choose another`);
  try {
    // As OpenCV reads pictures: colour profiles are not applied.
    return await createImageBitmap(blob, { imageOrientation: "from-image", colorSpaceConversion: "none" });
  } catch {
    throw new Error(
      `${name}: expected a picture, such as a JPEG, PNG or WebP file, got ${blob.size} bytes that this browser ` +
        "cannot decode; save it again as JPEG or PNG",
    );
  }
}

/**
 * Fetches and decodes a picture that lies beside the page.
 *
 * @param {string} path
 * @returns {Promise<ImageBitmap>}
 */
export async function fetchPicture(path) {
  const response = await fetch(path);
  if (!response.ok) {
    throw new Error(`${path}: expected a picture, got HTTP status ${response.status}; build the page again`);
  }
  return decode(await response.blob(), path);
}
