"""The signatures of exported detectors, TFLite and SavedModel alike.

serving_default
  images  (B, H, W, 3) uint8    RGB; H and W fixed, or both free
  boxes   (B, K, 4)    float32  x_min, y_min, x_max, y_max in pixels of `images`
  scores  (B, K)       float32  falling
  count   (B,)         int32    how many of the K are faces

candidates: all boxes, before those that overlap a better one are suppressed
  images  (B, H, W, 3) uint8    as above
  boxes   (B, A, 4)    float32  as above, but may reach beyond the picture
  scores  (B, A)       float32  0..1, in no order

detect_encoded, in SavedModels that take every size
  encoded (B,)         string   bytes of JPEG, PNG, GIF, WebP, or BMP files of 8, 24 or 32 bits
  boxes, scores, count          as of serving_default, in pixels of each picture, which is turned
                                upright as EXIF says and, as in FaceDetector.detect, reduced to
                                LONG_SIDE pixels where it is larger

A SavedModel has all of them, a TFLite file one of the first two.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import DTypeLike, NDArray

from tfface.predict.placement import LARGEST_INPUT, LARGEST_SIDE
from tfface.predict.runtime import Faces, ModelError, Size

NAME = "serving_default"
CANDIDATES = "candidates"
ENCODED = "detect_encoded"
INPUT = "images"
ENCODED_INPUT = "encoded"
OUTPUT_TYPES: dict[str, dict[str, DTypeLike]] = {
    NAME: {"boxes": np.float32, "scores": np.float32, "count": np.int32},
    CANDIDATES: {"boxes": np.float32, "scores": np.float32},
}
"""Outputs of the signatures that take `images`, and their types."""


def check_names(
    source: str, inputs: Iterable[str], outputs: Iterable[str], name: str = NAME
) -> None:
    """Raises ModelError unless inputs and outputs are those of the signature called `name`."""
    inputs, outputs, expected = sorted(inputs), sorted(outputs), OUTPUT_TYPES[name]
    if inputs != [INPUT] or not set(expected) <= set(outputs):
        raise ModelError(
            f"{source}: expected the input {INPUT!r} and the outputs {', '.join(expected)} in "
            f"the signature {name!r}, got the inputs {inputs} and the outputs {outputs}; "
            "export the detector with python -m convert.main"
        )


def check_types(
    source: str, images: DTypeLike, outputs: Mapping[str, DTypeLike], name: str = NAME
) -> None:
    """Raises ModelError unless input and outputs, by name, have the types of the signature."""
    types = OUTPUT_TYPES[name]
    got = {INPUT: np.dtype(images)} | {output: np.dtype(outputs[output]) for output in types}
    for name, expected in {INPUT: np.uint8, **types}.items():
        if got[name] != expected:
            raise ModelError(
                f"{source}: expected {name!r} of type {np.dtype(expected)}, got {got[name]}; "
                "export the detector with python -m convert.main"
            )


def fixed_size_of(source: str, shape: Sequence[int | None]) -> Size | None:
    """Height and width in the `shape` of an input; None if both are free, that is None or -1.

    Raises:
        ModelError: the shape is not that of RGB pictures, or larger than any search.
    """
    axes = [None if axis is None or axis < 0 else int(axis) for axis in shape]
    free = [axis is None for axis in axes]
    is_picture = len(axes) == 4 and axes[0] != 0 and axes[3] == 3 and free[1] == free[2]
    if not is_picture:
        raise ModelError(
            f"{source}: expected {INPUT!r} of shape (B, height, width, 3) with both sides fixed or "
            f"both free, got {tuple(axes)}; export the detector with python -m convert.main"
        )
    height, width = axes[1:3]
    pixels = max(1, axes[0] or 1) * max(1, (height or 1) * (width or 1))
    if pixels > LARGEST_INPUT or max(height or 1, width or 1) > LARGEST_SIDE:
        raise ModelError(
            f"{source}: expected {INPUT!r} of at most {LARGEST_INPUT} pixels and sides of at most "
            f"{LARGEST_SIDE}, got {tuple(axes)}"
        )
    return None if height is None or width is None else (height, width)


def check_finite(source: str, **outputs: NDArray) -> None:
    """Raises ModelError where an output, by name, is not finite."""
    for name, values in outputs.items():
        if not np.isfinite(values).all():
            raise ModelError(
                f"{source}: expected finite {name}, got NaN or infinity; its weights are damaged, "
                "or its training went wrong"
            )


def candidates_of(source: str, boxes: NDArray, scores: NDArray) -> Faces:
    """All boxes of one picture and their scores, of outputs `(1, A, 4)` and `(1, A)`.

    Raises:
        ModelError: the shapes are not those of the signature, or a score is not finite.
    """
    candidates = scores.shape[-1] if scores.ndim else 0
    if (boxes.shape, scores.shape) != ((1, candidates, 4), (1, candidates)):
        raise ModelError(
            f"{source}: expected boxes (1, A, 4) and scores (1, A), got {boxes.shape} and "
            f"{scores.shape}"
        )
    check_finite(source, scores=scores)
    return boxes[0], scores[0]


def faces_of(source: str, boxes: NDArray, scores: NDArray, count: NDArray) -> Faces:
    """The faces among the outputs for one picture, `(1, K, 4)`, `(1, K)` and `(1,)`.

    Raises:
        ModelError: the shapes are not those of the signature, or the count exceeds them.
    """
    candidates = scores.shape[-1] if scores.ndim else 0
    shapes = (boxes.shape, scores.shape, count.shape)
    if shapes != ((1, candidates, 4), (1, candidates), (1,)):
        raise ModelError(
            f"{source}: expected boxes (1, K, 4), scores (1, K) and count (1,), got {shapes}"
        )
    faces = int(count[0])
    if not 0 <= faces <= candidates:
        raise ModelError(f"{source}: expected a count in 0..{candidates}, got {faces}")
    return boxes[0, :faces], scores[0, :faces]
