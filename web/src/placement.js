/** Where a picture lies inside the input of a detector, and the way back: tfface/predict/placement.py. */

/** @typedef {{height: number, width: number}} Size */
/** @typedef {[number, number, number, number]} Box x_min, y_min, x_max, y_max in pixels */
/** @typedef {{picture: Size, scaled: Size, input: Size}} Placement a picture, scaled, in the upper left corner */

/** Sides of an input are multiples of it: the maps of the feature pyramid then have equal sizes. */
const SIZE_MULTIPLE = 32;

/** Pixels of an input, along its longer side and, about, of all, at most. */
const LARGEST_SIDE = 16384;
const LARGEST_INPUT = 2 ** 24;

/**
 * Chooses how a picture enters a detector; its aspect never changes.
 *
 * @param {Size} picture
 * @param {number} longSide a larger picture is scaled down to it; Infinity keeps its size, up to `LARGEST_INPUT` pixels
 * @param {Size | null} fixedSize the only size the detector takes: the picture is then scaled to fit
 * @returns {Placement}
 */
export function place(picture, longSide, fixedSize) {
  const longer = Math.max(picture.height, picture.width);
  const scale = fixedSize
    ? Math.min(fixedSize.height / picture.height, fixedSize.width / picture.width)
    : Math.min(
        1,
        longSide / longer,
        LARGEST_SIDE / longer,
        Math.sqrt(LARGEST_INPUT / (picture.height * picture.width)),
      );
  const scaled = {
    height: Math.max(1, roundHalfToEven(picture.height * scale)),
    width: Math.max(1, roundHalfToEven(picture.width * scale)),
  };
  const padded = { height: padToMultiple(scaled.height), width: padToMultiple(scaled.width) };
  return { picture, scaled, input: fixedSize ?? padded };
}

/**
 * A box in pixels of the input, in pixels of the picture and cut to it.
 *
 * @param {ArrayLike<number>} box
 * @param {Placement} placement
 * @returns {Box}
 */
export function toPicture(box, { picture, scaled }) {
  const horizontal = picture.width / scaled.width;
  const vertical = picture.height / scaled.height;
  return [
    clamp(box[0] * horizontal, picture.width),
    clamp(box[1] * vertical, picture.height),
    clamp(box[2] * horizontal, picture.width),
    clamp(box[3] * vertical, picture.height),
  ];
}

/** @param {number} value @param {number} largest */
function clamp(value, largest) {
  return Math.min(Math.max(value, 0), largest);
}

/** @param {number} side */
function padToMultiple(side) {
  return Math.ceil(side / SIZE_MULTIPLE) * SIZE_MULTIPLE;
}

/**
 * As Python's `round`: a picture of 1280x721 at half its size is 360 high in both, not 361.
 *
 * @param {number} value at least 0
 */
function roundHalfToEven(value) {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}
