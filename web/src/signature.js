/** The signature of detectors that return faces: serving_default of tfface/predict/signature.py. */

/** @typedef {import("./placement.js").Size} Size */
/** @typedef {{name: string, dtype: string, shape: ArrayLike<number>}} TensorDetails */

export const NAME = "serving_default";
export const INPUT = "images";
/** @type {Record<string, string>} */
const OUTPUT_TYPES = { boxes: "float32", scores: "float32", count: "int32" };

const IDENTIFIER = "TFL3";
const EXPORT = "export the detector with python -m convert.main";

/** A file that is damaged, no TFLite file, or no detector; its message says which, and what to do. */
export class ModelError extends Error {}

/**
 * Throws ModelError unless `content` begins as every TFLite file does.
 *
 * @param {Uint8Array} content
 * @param {string} source name of the file, for messages
 */
export function checkContent(content, source) {
  const identifier = String.fromCharCode(...content.subarray(4, 8));
  if (identifier !== IDENTIFIER) {
    throw new ModelError(
      `${source}: expected a TFLite file, with "${IDENTIFIER}" at byte 4, got ${content.length} bytes ` +
        `without it; choose a file that python -m convert.main wrote`,
    );
  }
}

/**
 * Throws ModelError unless there is a signature of that name, with input and outputs of a detector.
 *
 * @param {Record<string, {getInputDetails(): readonly TensorDetails[], getOutputDetails(): readonly TensorDetails[]}>}
 *   signatures by name
 * @param {string} source
 * @returns {Size | null} the only size of pictures it takes, null if it takes every size
 */
export function checkSignature(signatures, source) {
  const signature = signatures[NAME];
  if (!signature) {
    const names = Object.keys(signatures).join(", ") || "none";
    throw new ModelError(`${source}: expected the signature "${NAME}", got ${names}; ${EXPORT}`);
  }
  const inputs = signature.getInputDetails();
  const outputs = signature.getOutputDetails();
  checkTypes(inputs, { [INPUT]: "uint8" }, "input", source);
  checkTypes(outputs, OUTPUT_TYPES, "outputs", source);
  if (inputs.length !== 1) {
    throw new ModelError(`${source}: expected one input, got ${inputs.length}; ${EXPORT}`);
  }
  return fixedSizeOf(Array.from(inputs[0].shape), source);
}

/**
 * @param {readonly TensorDetails[]} tensors
 * @param {Record<string, string>} expected types by name
 * @param {string} role
 * @param {string} source
 */
function checkTypes(tensors, expected, role, source) {
  const got = Object.fromEntries(tensors.map(({ name, dtype }) => [name, dtype]));
  if (Object.entries(expected).some(([name, dtype]) => got[name] !== dtype)) {
    throw new ModelError(`${source}: expected the ${role} ${listed(expected)}, got ${listed(got)}; ${EXPORT}`);
  }
}

/** @param {Record<string, string>} types */
function listed(types) {
  return Object.entries(types)
    .map(([name, dtype]) => `${name} (${dtype})`)
    .join(", ");
}

/** @param {number[]} shape @param {string} source @returns {Size | null} */
function fixedSizeOf(shape, source) {
  const [batch, height, width, channels] = shape;
  const isPicture = shape.length === 4 && Math.abs(batch) === 1 && channels === 3 && height < 0 === width < 0;
  if (!isPicture) {
    throw new ModelError(
      `${source}: expected "${INPUT}" of shape (1, height, width, 3) with both sides fixed or both free, ` +
        `got (${shape.join(", ")}); ${EXPORT}`,
    );
  }
  return height < 0 ? null : { height, width };
}

/**
 * How many of the rows of an output are faces.
 *
 * @param {{boxes: ArrayLike<number>, scores: ArrayLike<number>, count: ArrayLike<number>}} outputs
 * @param {string} source
 */
export function countOf({ boxes, scores, count }, source) {
  const faces = count[0];
  if (count.length !== 1 || boxes.length !== scores.length * 4 || !(faces >= 0 && faces <= scores.length)) {
    throw new ModelError(
      `${source}: expected boxes (1, K, 4), scores (1, K) and a count in 0..K, got ${boxes.length} numbers, ` +
        `${scores.length} scores and the count ${Array.from(count).join(", ")}; ${EXPORT}`,
    );
  }
  return faces;
}
