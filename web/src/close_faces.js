/** A second look, at few pixels, for faces that are larger than a detector knows: tfface/predict/close_faces.py. */

/** @typedef {import("./runtime.js").Face} Face */
/** @typedef {import("./placement.js").Box} Box */

/** Pixels of the longer side of searches that need no second look: detectors know faces of as many. */
export const LARGEST_KNOWN = 640;

/** Pixels of the longer side in the second look. */
export const SECOND_LONG_SIDE = 320;

/** Longer side of a box, in longer sides of the picture, and score from which on there is a second look. */
const SUSPECT = 0.25;
const SUSPECT_SCORE = 0.3;

/** Longer side of boxes, likewise: below the one the first look decides, from the other on the second, in between both. */
const NEAR = 0.3;
const CLOSE = 0.4;

/** Score from which on a close face swallows the boxes that lie in it by so much of their area. */
const CONFIDENT = 0.5;
const CONTAINED = 0.7;

/** Overlap above which the lower of two boxes is dropped: tfface/predict/suppression.py. */
const IOU_THRESHOLD = 0.4;

/**
 * Whether a second look is worth its time.
 *
 * @param {Face[]} faces
 * @param {number} longer pixels of the longer side of the picture
 */
export function mayHaveCloseFaces(faces, longer) {
  return faces.some(({ box, score }) => sideOf(box) >= SUSPECT * longer && score >= SUSPECT_SCORE);
}

/**
 * Close faces as the second look has them, all others as the first has.
 *
 * @param {Face[]} first
 * @param {Face[]} second
 * @param {number} longer pixels of the longer side of the picture
 * @returns {Face[]} scores falling
 */
export function joinLooks(first, second, longer) {
  const close = second.filter(({ box }) => sideOf(box) >= NEAR * longer);
  const sure = close.filter(({ score }) => score >= CONFIDENT);
  const others = first.filter(
    ({ box }) =>
      sideOf(box) < CLOSE * longer && !sure.some((face) => shared(box, face.box) >= CONTAINED * area(box)),
  );
  /** @type {Face[]} */
  const kept = [];
  for (const face of [...close, ...others].sort((one, other) => other.score - one.score)) {
    if (kept.every(({ box }) => overlap(box, face.box) <= IOU_THRESHOLD)) kept.push(face);
  }
  return kept;
}

/** @param {Box} box its longer side */
function sideOf([left, top, right, bottom]) {
  return Math.max(right - left, bottom - top);
}

/** @param {Box} box */
function area([left, top, right, bottom]) {
  return (right - left) * (bottom - top);
}

/** @param {Box} one @param {Box} other */
function shared(one, other) {
  const width = Math.min(one[2], other[2]) - Math.max(one[0], other[0]);
  const height = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
  return Math.max(0, width) * Math.max(0, height);
}

/** @param {Box} one @param {Box} other */
function overlap(one, other) {
  return shared(one, other) / (area(one) + area(other) - shared(one, other));
}
