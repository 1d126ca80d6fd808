"""Faces made unrecognisable in a picture."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from tfface.rgb import Image, to_rgb

MARGIN = 0.2
"""Share of its sides by which a box grows on every side, so that hair and chin are hidden too."""

_BLOCKS = 6
"""Blocks along the shorter side of a pixelated face."""


def blur_faces(image: NDArray, boxes: NDArray[np.floating], margin: float = MARGIN) -> Image:
    """A copy of a picture with every face blurred beyond recognition.

    Args:
        image: a picture as `tfface.rgb.to_rgb` takes it.
        boxes: `(n, 4)`: x_min, y_min, x_max, y_max in its pixels.
        margin: share of the sides of a box that is hidden around it.

    Returns:
        RGB uint8 `(H, W, 3)`.
    """

    return _hidden(image, boxes, margin, blur)


def pixelate_faces(image: NDArray, boxes: NDArray[np.floating], margin: float = MARGIN) -> Image:
    """A copy of a picture with every face in a few large blocks; arguments as of `blur_faces`."""
    return _hidden(image, boxes, margin, pixelate)


def blur(face: Image) -> Image:
    """The blocks of `pixelate`, without their edges: a filter has no more to sharpen than they."""
    return _enlarged_blocks(face, cv2.INTER_CUBIC)


def pixelate(face: Image) -> Image:
    """A picture `(H, W, 3)` in blocks, `_BLOCKS` of them along its shorter side."""
    return _enlarged_blocks(face, cv2.INTER_NEAREST)


def _enlarged_blocks(face: Image, interpolation: int) -> Image:
    height, width = face.shape[:2]
    block = max(2.0, min(height, width) / _BLOCKS)
    size = max(1, round(width / block)), max(1, round(height / block))
    small = cv2.resize(face, size, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=interpolation)


def with_margin(
    box: NDArray[np.floating], margin: float, height: int, width: int
) -> tuple[int, int, int, int]:
    """A box that has grown by a share of its sides on every side: whole pixels, in the picture.

    x_min, y_min, x_max, y_max; at least one pixel, and no pixel that the box touches is outside.
    """
    x_min, y_min, x_max, y_max = map(float, box)
    across, down = margin * (x_max - x_min), margin * (y_max - y_min)
    left = min(max(0, int(np.floor(x_min - across))), width - 1)
    top = min(max(0, int(np.floor(y_min - down))), height - 1)
    right = max(left + 1, min(width, int(np.ceil(x_max + across))))
    bottom = max(top + 1, min(height, int(np.ceil(y_max + down))))
    return left, top, right, bottom


def crop_faces(image: NDArray, boxes: NDArray[np.floating], margin: float = 0.0) -> list[Image]:
    """The faces of a picture as pictures of their own, RGB uint8, each with a margin around it."""
    pixels = to_rgb(image)
    parts = (with_margin(box, margin, *pixels.shape[:2]) for box in boxes)
    return [pixels[top:bottom, left:right].copy() for left, top, right, bottom in parts]


def _hidden(
    image: NDArray, boxes: NDArray[np.floating], margin: float, hide: Callable[[Image], Image]
) -> Image:
    canvas = np.array(to_rgb(image), order="C", copy=True)
    for box in boxes:
        left, top, right, bottom = with_margin(box, margin, *canvas.shape[:2])
        face = np.ascontiguousarray(canvas[top:bottom, left:right])
        canvas[top:bottom, left:right] = hide(face)
    return canvas
