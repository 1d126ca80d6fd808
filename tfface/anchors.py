"""Where anchors sit: scales, strides and densification, for any layout of feature maps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class AnchorLevel:
    """The square anchors of one feature map.

    Attributes:
        stride: distance of neighbouring cells of the map, in pixels of the image.
        scales: side lengths of the anchors, in pixels, in the order of the prediction channels.
        densification: for every scale the number n of anchors along each side of a cell: n x n
            anchors stand evenly in it (FaceBoxes, arXiv:1708.05234, section 3.3). Empty: one
            anchor, at the centre.

    Raises:
        ValueError: no scale, or a densification that does not fit the scales.
    """

    stride: int
    scales: tuple[float, ...]
    densification: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.densification:
            object.__setattr__(self, "densification", (1,) * len(self.scales))
        if not self.scales or len(self.scales) != len(self.densification):
            raise ValueError(
                "An anchor level needs at least one scale and one densification a scale, got "
                f"scales {self.scales} and densification {self.densification}."
            )
        if min(self.stride, *self.scales, *self.densification) <= 0:
            raise ValueError(f"Strides, scales and densifications must be positive, got {self}.")

    @property
    def anchors_per_cell(self) -> int:
        """Prediction channels of the level divided by the channels of one anchor."""
        return sum(count * count for count in self.densification)

    def cell_anchors(self) -> np.ndarray:
        """Anchors of the upper left cell, scale by scale, row by row: float32 `(n, 4)`."""
        anchors = []
        for scale, count in zip(self.scales, self.densification, strict=True):
            centres = (np.arange(count) + 0.5) * self.stride / count
            y, x = (axis.ravel() for axis in np.meshgrid(centres, centres, indexing="ij"))
            half = scale / 2
            anchors.append(np.stack([x - half, y - half, x + half, y + half], axis=-1))
        return np.concatenate(anchors).astype(np.float32)

    def grid_shape(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns of the map over an image of that size in pixels ("same" padding)."""
        return -(-height // self.stride), -(-width // self.stride)


def level_anchors(level: AnchorLevel, height: int, width: int) -> np.ndarray:
    """Anchors of one level over an image, row by row: float32 `(rows * columns * n, 4)`."""
    rows, columns = level.grid_shape(height, width)
    y, x = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    shifts = np.stack([x, y, x, y], axis=-1).astype(np.float32) * level.stride
    return (shifts[:, :, None, :] + level.cell_anchors()).reshape(-1, 4)


def grid_anchors(levels: Sequence[AnchorLevel], height: int, width: int) -> np.ndarray:
    """All anchors over an image of `height` x `width` pixels.

    Returns:
        float32 `(A, 4)` in pixels, not clipped, ordered by level, row, column, anchor of the cell:
        the order in which detectors lay out their outputs.
    """
    return np.concatenate([level_anchors(level, height, width) for level in levels])
