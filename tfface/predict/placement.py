"""Where a picture lies inside the input of a detector, and the way back."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tfface.predict.runtime import Size
from tfface.rgb import Image

SIZE_MULTIPLE = 32
"""Sides of an input are multiples of it: the maps of the feature pyramid then have equal sizes."""

LONG_SIDE = 1024
"""Pixels of the longer side that a larger picture is reduced to, unless something else is asked.

Larger finds smaller faces, takes longer, and draws more false boxes on faces larger than any that
the detectors know; BUILD.md ("The size of the search") has the measurements.
"""

LARGEST_SIDE = 16384
"""Pixels of the longer side of an input, at most."""

LARGEST_INPUT = 1 << 24
"""Pixels of an input, about, at most: 4096 x 4096. What a network keeps of each while it runs is up
to a hundred bytes, so that a huge picture at its own size would take tens of gigabytes."""


@dataclass(frozen=True)
class Placement:
    """A picture, scaled, in the upper left corner of an input; the rest of the input is black.

    Attributes:
        picture: size of the picture as given.
        scaled: its size inside the input.
        input: size of the input.
    """

    picture: Size
    scaled: Size
    input: Size

    def apply(self, image: Image) -> Image:
        """The input `(*input, 3)` for `image` `(*picture, 3)`; uncopied when both have one size."""
        height, width = self.scaled
        if self.scaled != self.picture:
            shrinks = height < self.picture[0] or width < self.picture[1]
            interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
            image = cv2.resize(image, (width, height), interpolation=interpolation)
        if self.input != self.scaled:
            padded = np.zeros((*self.input, 3), np.uint8)
            padded[:height, :width] = image
            image = padded
        return image

    def to_picture(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes `(n, 4)` in pixels of the input, in pixels of the picture and cut to it."""
        height, width = self.picture
        if self.scaled != self.picture:
            vertical, horizontal = height / self.scaled[0], width / self.scaled[1]
            boxes = boxes * np.array([horizontal, vertical] * 2, np.float32)
        return np.minimum(np.maximum(boxes, 0), np.array([width, height] * 2, np.float32))


def place(picture: Size, long_side: int | None, fixed_size: Size | None) -> Placement:
    """Chooses how a picture enters a detector; its aspect never changes.

    Args:
        picture: its height and width.
        long_side: pixels that its longer side shall have, up to `LARGEST_SIDE`; 0 keeps its size;
            None reduces a picture larger than `LONG_SIDE` to that and keeps the size of a smaller
            one. Whatever is asked for, the picture is reduced to about `LARGEST_INPUT` pixels.
        fixed_size: the only size the detector takes, if it takes only one. The picture is then
            scaled to fit, or to `long_side` if that fits.

    Raises:
        ValueError: a `long_side` below 0 or above `LARGEST_SIDE`.
    """
    if long_side is not None and not 0 <= long_side <= LARGEST_SIDE:
        raise ValueError(
            f"expected a long_side of 1 to {LARGEST_SIDE} pixels, 0 for the picture's own size, or "
            f"None for at most {LONG_SIDE}, got {long_side}"
        )
    largest = min(LARGEST_SIDE / max(picture), math.sqrt(LARGEST_INPUT / (picture[0] * picture[1])))
    scale = min(_asked_scale(max(picture), long_side), largest)
    if fixed_size is not None:
        fitting = min(fixed_size[0] / picture[0], fixed_size[1] / picture[1])
        scale = fitting if long_side is None else min(scale, fitting)
    height, width = (max(1, round(side * scale)) for side in picture)
    padded = (height + -height % SIZE_MULTIPLE, width + -width % SIZE_MULTIPLE)
    return Placement(picture, (height, width), fixed_size or padded)


def _asked_scale(longer: int, long_side: int | None) -> float:
    if long_side is None:
        return min(1.0, LONG_SIDE / longer)
    return long_side / longer if long_side else 1.0
