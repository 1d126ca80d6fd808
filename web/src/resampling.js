/**
 * From the pixels of a canvas to the input of a detector.
 *
 * Canvases scale pictures each browser in its own way. Here it is done as OpenCV does it for Python, by the area
 * that a pixel covers, so that both find the same boxes.
 */

/** @typedef {import("./placement.js").Placement} Placement */
/** @typedef {{first: Int32Array, weights: Float32Array, span: number}} Taps see `tapsOf` */

/**
 * The input of a detector, RGB `(height, width, 3)`: the picture in the upper left corner, the rest black.
 *
 * @param {Uint8ClampedArray} rgba the picture as a canvas gives it
 * @param {Placement} placement
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function inputOf(rgba, placement) {
  const { picture, scaled, input } = placement;
  // Clamped arrays round what is written, halves to the even number as OpenCV does.
  const rgb = new Uint8ClampedArray(input.height * input.width * 3);
  if (scaled.height === picture.height && scaled.width === picture.width) {
    copyRows(rgba, rgb, placement);
  } else {
    resample(rgba, rgb, placement);
  }
  return new Uint8Array(rgb.buffer);
}

/** @param {Uint8ClampedArray} rgba @param {Uint8ClampedArray} rgb @param {Placement} placement */
function copyRows(rgba, rgb, { picture, input }) {
  let from = 0;
  for (let y = 0; y < picture.height; y++) {
    let to = y * input.width * 3;
    for (let x = 0; x < picture.width; x++, from += 4, to += 3) {
      rgb[to] = rgba[from];
      rgb[to + 1] = rgba[from + 1];
      rgb[to + 2] = rgba[from + 2];
    }
  }
}

/** @param {Uint8ClampedArray} rgba @param {Uint8ClampedArray} rgb @param {Placement} placement */
function resample(rgba, rgb, { picture, scaled, input }) {
  const narrowed = resampleRows(rgba, picture.height, picture.width, tapsOf(picture.width, scaled.width));
  const { first, weights, span } = tapsOf(picture.height, scaled.height);
  const length = scaled.width * 3;
  const row = new Float32Array(length);
  for (let y = 0; y < scaled.height; y++) {
    row.fill(0);
    for (let tap = 0; tap < span && first[y] + tap < picture.height; tap++) {
      const weight = weights[y * span + tap];
      const from = (first[y] + tap) * length;
      for (let i = 0; i < length; i++) row[i] += weight * narrowed[from + i];
    }
    rgb.set(row, y * input.width * 3);
  }
}

/**
 * Resamples every row.
 *
 * @param {Uint8ClampedArray} rgba `(height, width, 4)`
 * @param {number} height
 * @param {number} width
 * @param {Taps} taps from `width` to the new width
 * @returns {Float32Array} `(height, new width, 3)`
 */
function resampleRows(rgba, height, width, { first, weights, span }) {
  const narrowed = new Float32Array(height * first.length * 3);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < first.length; x++, to += 3) {
      let red = 0;
      let green = 0;
      let blue = 0;
      const taps = Math.min(span, width - first[x]);
      let from = (y * width + first[x]) * 4;
      for (let tap = 0; tap < taps; tap++, from += 4) {
        const weight = weights[x * span + tap];
        red += weight * rgba[from];
        green += weight * rgba[from + 1];
        blue += weight * rgba[from + 2];
      }
      narrowed[to] = red;
      narrowed[to + 1] = green;
      narrowed[to + 2] = blue;
    }
  }
  return narrowed;
}

/**
 * Which pixels of a row make up each pixel of the resampled row, and how much of each.
 *
 * Pixel i of the new row is the sum over tap of `weights[i * span + tap]` times old pixel `first[i] + tap`.
 *
 * @param {number} from pixels of the row
 * @param {number} to pixels of the new row
 * @returns {Taps}
 */
export function tapsOf(from, to) {
  const ratio = from / to;
  const span = to < from ? Math.ceil(ratio) + 1 : 2;
  const first = new Int32Array(to);
  const weights = new Float32Array(to * span);
  for (let i = 0; i < to; i++) {
    if (to < from) {
      // cv2.INTER_AREA: the share of the new pixel that each old one covers.
      const start = i * ratio;
      first[i] = Math.floor(start);
      for (let tap = 0; tap < span; tap++) {
        const pixel = first[i] + tap;
        const covered = Math.min(pixel + 1, start + ratio) - Math.max(pixel, start);
        weights[i * span + tap] = Math.max(0, covered) / ratio;
      }
    } else {
      // cv2.INTER_LINEAR: between the centres of two pixels; before the first and after the last there is one.
      const centre = Math.min(Math.max((i + 0.5) * ratio - 0.5, 0), from - 1);
      first[i] = Math.floor(centre);
      weights[i * span] = 1 - (centre - first[i]);
      weights[i * span + 1] = centre - first[i];
    }
  }
  return { first, weights, span };
}
