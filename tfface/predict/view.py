"""What of a picture a detector looks at: all of it or a part, at some size, mirrored or turned."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfface.predict.runtime import Size
from tfface.rgb import Image

TOUCHES = 8.0
"""Pixels from the edge of a part, within which a box is cut off by it: half a face has no edge that
is seen, and its box ends near there."""


@dataclass(frozen=True)
class View:
    """A look at a picture.

    Attributes:
        region: left, top, right and bottom in pixels of the picture.
        long_side: as of `tfface.predict.placement.place`, for the region.
        mirrored: left and right exchanged.
        turns: quarter turns against the clock, 0 to 3, before it is mirrored.
    """

    region: tuple[int, int, int, int]
    long_side: int | None
    mirrored: bool = False
    turns: int = 0

    def cut(self, image: Image) -> Image:
        """What is seen of `image` `(H, W, 3)`."""
        left, top, right, bottom = self.region
        seen = np.rot90(image[top:bottom, left:right], self.turns)
        return np.ascontiguousarray(seen[:, ::-1] if self.mirrored else seen)

    def to_picture(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes `(n, 4)` in pixels of what is seen, in those of the picture."""
        left, top, right, bottom = self.region
        width, height = right - left, bottom - top
        across = height if self.turns % 2 else width  # of what is seen
        x_min, y_min, x_max, y_max = boxes.T
        if self.mirrored:
            x_min, x_max = across - x_max, across - x_min
        for turn in range(self.turns, 0, -1):
            # A turn against the clock takes (x, y) of a picture of width w to (y, w - x).
            before = width if turn % 2 else height
            x_min, y_min, x_max, y_max = before - y_max, x_min, before - y_min, x_max
        moved = [x_min + left, y_min + top, x_max + left, y_max + top]
        return np.stack(moved, axis=-1).astype(np.float32).reshape(-1, 4)

    def has_whole(self, boxes: NDArray[np.float32], picture: Size) -> NDArray[np.bool_]:
        """Which boxes `(n, 4)`, in pixels of the picture, are not cut off by an edge of the region.

        An edge of the picture itself cuts nothing off.
        """
        height, width = picture
        left, top, right, bottom = self.region
        return (
            ((boxes[:, 0] > left + TOUCHES) | (left == 0))
            & ((boxes[:, 1] > top + TOUCHES) | (top == 0))
            & ((boxes[:, 2] < right - TOUCHES) | (right == width))
            & ((boxes[:, 3] < bottom - TOUCHES) | (bottom == height))
        )
