"""Where anchors sit: scales, aspect, strides and densification, for any layout of feature maps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class AnchorLevel:
    """The anchors of one feature map.

    Attributes:
        stride: distance of neighbouring cells of the map, in pixels of the image.
        scales: square roots of the anchors' areas, in pixels, in the order of the prediction
            channels: the side lengths of square anchors.
        densification: for every scale the number n of anchors along each side of a cell: n x n
            anchors stand evenly in it (FaceBoxes, arXiv:1708.05234, section 3.3). Empty: one
            anchor, at the centre.
        aspect: height of the anchors over their width.
        from_corner: n x n anchors begin at the corner of their cell, at 0, 1/n, ... of it, as in
            the released code of FaceBoxes, and not at 1/2n, 3/2n, ...; a single one is at the
            centre all the same.

    Raises:
        ValueError: no scale, or a densification that does not fit the scales.
    """

    stride: int
    scales: tuple[float, ...]
    densification: tuple[int, ...] = ()
    aspect: float = 1.0
    from_corner: bool = False

    def __post_init__(self) -> None:
        if not self.densification:
            object.__setattr__(self, "densification", (1,) * len(self.scales))
        if not self.scales or len(self.scales) != len(self.densification):
            raise ValueError(
                "An anchor level needs at least one scale and one densification a scale, got "
                f"scales {self.scales} and densification {self.densification}."
            )
        if min(self.stride, *self.scales, *self.densification, self.aspect) <= 0:
            raise ValueError(
                f"Strides, scales, densifications and aspects must be positive, got {self}."
            )

    @property
    def anchors_per_cell(self) -> int:
        """Prediction channels of the level divided by the channels of one anchor."""
        return sum(count * count for count in self.densification)

    def cell_anchors(self) -> np.ndarray:
        """Anchors of the upper left cell, scale by scale, row by row: float32 `(n, 4)`."""
        anchors = []
        for scale, count in zip(self.scales, self.densification, strict=True):
            first = 0.0 if self.from_corner and count > 1 else 0.5
            centres = (np.arange(count) + first) * self.stride / count
            y, x = (axis.ravel() for axis in np.meshgrid(centres, centres, indexing="ij"))
            half_width = scale / math.sqrt(self.aspect) / 2
            half_height = scale * math.sqrt(self.aspect) / 2
            corners = [x - half_width, y - half_height, x + half_width, y + half_height]
            anchors.append(np.stack(corners, axis=-1))
        return np.concatenate(anchors).astype(np.float32)

    def grid_shape(self, height: Any, width: Any) -> tuple[Any, Any]:
        """Rows and columns of the map over an image of that size in pixels ("same" padding).

        Numbers or scalar integer tensors, as the sides are.
        """
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


def smallest_side(levels: Sequence[AnchorLevel]) -> float:
    """The shortest side of all anchors, pixels."""
    anchors = np.concatenate([level.cell_anchors() for level in levels])
    return float(np.min(anchors[:, 2:] - anchors[:, :2]))


def level_of_anchors(levels: Sequence[AnchorLevel], height: int, width: int) -> np.ndarray:
    """The index of the level of every anchor of `grid_anchors`: int32 `(A,)`."""
    counts = [
        math.prod(level.grid_shape(height, width)) * level.anchors_per_cell for level in levels
    ]
    return np.repeat(np.arange(len(levels), dtype=np.int32), counts)


def scales_of_anchors(levels: Sequence[AnchorLevel], height: int, width: int) -> np.ndarray:
    """The scale of every anchor of `grid_anchors`, pixels: float32 `(A,)`."""
    scales = []
    for level in levels:
        counts = [count * count for count in level.densification]
        cells = math.prod(level.grid_shape(height, width))
        scales.append(np.tile(np.repeat(np.array(level.scales, np.float32), counts), cells))
    return np.concatenate(scales)


def anchors_at(indices: Any, levels: Sequence[AnchorLevel], height: Any, width: Any) -> Any:
    """The anchors with the given numbers, worked out one by one, on any Keras backend.

    A few candidates need a few anchors: no grid of all of them is computed, nor kept in a file.

    Args:
        indices: int32 `(...)`, places in `grid_anchors`.
        levels: of the detector.
        height, width: of the image in pixels: numbers or scalar int32 tensors.

    Returns:
        float32 `(..., 4)`.
    """
    from keras import ops  # detecting with a TFLite file does without Keras

    def whole(numbers: Sequence[Any]) -> Any:
        return ops.stack([ops.cast(number, "int32") for number in numbers])

    grids = [level.grid_shape(height, width) for level in levels]
    counts = [level.anchors_per_cell for level in levels]
    firsts: list[Any] = [0]
    for (rows, columns), count in zip(grids[:-1], counts[:-1], strict=True):
        firsts.append(firsts[-1] + rows * columns * count)
    first_of_cell = np.cumsum([0, *counts[:-1]]).astype(np.int32)
    cell_anchors = np.concatenate([level.cell_anchors() for level in levels])
    strides = np.array([level.stride for level in levels], np.float32)

    first_of_level = whole(firsts)
    if len(levels) == 1:  # no comparison with an empty tensor, which TFLite files must not hold
        level = ops.zeros_like(indices)
    else:
        started = ops.cast(indices[..., None] >= first_of_level[1:], "int32")
        level = ops.sum(started, axis=-1)
    within_level = indices - ops.take(first_of_level, level)
    # Remainders by a product, and none where a cell has one anchor: divisions take LiteRT long.
    if set(counts) == {1}:
        cell, place = within_level, level
    else:
        count = ops.take(ops.array(counts, "int32"), level)
        cell = within_level // count
        place = ops.take(ops.array(first_of_cell), level) + within_level - cell * count
    columns = ops.take(whole([columns for _, columns in grids]), level)
    stride = ops.take(ops.array(strides), level)
    row = cell // columns
    x = ops.cast(cell - row * columns, "float32") * stride
    y = ops.cast(row, "float32") * stride
    return ops.take(ops.array(cell_anchors), place, axis=0) + ops.stack([x, y, x, y], axis=-1)
