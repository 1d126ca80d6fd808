"""Ground-truth masks: which cells of a feature map matter for the faces of a picture.

From feature_masking, section 3.2. A cell of a map stands for the point of the picture in its middle
(equation 3). Square boxes of sides from `smallest` to `largest` stand around that point, and the
cell is in the mask if one of them, whatever its side, overlaps a face by more than a threshold.

No boxes are tried. For a face and a row of cells the points of the mask are those nearer to the
middle of the face than some distance, because every square overlaps the face less the farther it
is. That distance is the largest over all sides, which has a closed form. So a mask costs a few
numbers for every face and row, and marking where a stretch of cells begins and ends.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from tfface.anchors import AnchorLevel
from tfface.matching import ABSENT, FACE, IGNORED
from tfface.targets import Targets

THRESHOLD = 0.001
"""Th_GT of feature_masking, section 4.2."""

HIGHEST_THRESHOLD = 0.1
"""Up to here the closed form holds, for faces up to 22 times as long in one direction."""


@dataclass(frozen=True)
class MaskLevel:
    """A feature map that has a mask.

    Attributes:
        rows, columns: of the map.
        stride: distance of neighbouring cells in pixels.
        smallest, largest: sides of the square boxes around every cell, pixels (Min and Max).
    """

    rows: int
    columns: int
    stride: int
    smallest: float
    largest: float


def mask_level(level: AnchorLevel, height: int, width: int) -> MaskLevel:
    """The mask of the map of an anchor level over an image of that size in pixels.

    The paper has no table of Min and Max. Here boxes reach half an octave beyond the anchors of the
    level on both sides: 11.3 to 22.6 pixels around an anchor of 16. Anchors an octave apart then
    leave no gap between levels, and as the anchor itself is one of the boxes, every anchor that
    overlaps a face by more than the threshold, and so every positive one, is inside of the mask.
    """
    rows, columns = level.grid_shape(height, width)
    half_octave = math.sqrt(2.0)
    smallest, largest = min(level.scales) / half_octave, max(level.scales) * half_octave
    return MaskLevel(rows, columns, level.stride, smallest, largest)


def face_mask(
    boxes: Any,
    kinds: Any,
    rows: int,
    columns: int,
    stride: int,
    smallest: float,
    largest: float,
    threshold: float = THRESHOLD,
) -> Any:
    """The mask of one map.

    Args:
        boxes: float32 `(n, 4)`, pixels; n may be 0.
        kinds: int32 `(n,)` of `tfface.matching`.
        rows, columns, stride, smallest, largest: see `MaskLevel`.
        threshold: IoU above which a box counts, in 0..0.1, without 0.

    Returns:
        int8 `(rows, columns)`: FACE; IGNORED where there are ignored boxes and no face; else 0.

    Raises:
        ValueError: a threshold out of its range.
    """
    level = MaskLevel(rows, columns, stride, smallest, largest)
    return ops.reshape(face_masks(boxes, kinds, [level], threshold), (rows, columns))


def face_masks(
    boxes: Any, kinds: Any, levels: Sequence[MaskLevel], threshold: float = THRESHOLD
) -> Any:
    """The masks of several maps, one after the other, row by row: int8 `(cells,)`.

    See `face_mask`; all maps at once cost hardly more than one.
    """
    if not 0.0 < threshold <= HIGHEST_THRESHOLD:
        raise ValueError(
            f"expected a threshold above 0 and at most {HIGHEST_THRESHOLD}, got {threshold}"
        )
    rows = _Rows(levels)
    x_min, y_min, x_max, y_max = (axis[:, None] for axis in ops.unstack(boxes, axis=-1))
    centre, distance = 0.5 * (x_min + x_max), ops.abs(rows.middles - 0.5 * (y_min + y_max))
    reach = _reach(x_max - x_min, y_max - y_min, distance, rows, threshold)
    # Columns whose middles (column + 0.5) * stride are nearer to the centre than that.
    first = ops.floor((centre - reach) / rows.strides - 0.5) + 1.0
    end = ops.ceil((centre + reach) / rows.strides - 0.5)
    first = ops.clip(first, 0.0, rows.columns)
    end = ops.where(reach > 0.0, ops.clip(end, first, rows.columns), first)
    kinds = ops.cast(kinds, "int32")[:, None]
    counts = (_count(first, end, kinds == kind, rows) for kind in (FACE, IGNORED))
    of_faces, of_ignored = counts
    mask = ops.where(of_faces > 0, FACE, ops.where(of_ignored > 0, IGNORED, ABSENT))
    return ops.cast(mask, "int8")


class _Rows:
    """The rows of all maps as one list: of each its middle, stride, sides, columns and place."""

    def __init__(self, levels: Sequence[MaskLevel]):
        def of_rows(values: Sequence[float]) -> np.ndarray:
            return np.repeat(np.array(values, np.float32), [level.rows for level in levels])

        self.strides = of_rows([level.stride for level in levels])
        self.columns = of_rows([level.columns for level in levels])
        self.smallest = of_rows([level.smallest for level in levels])
        self.largest = of_rows([level.largest for level in levels])
        numbers = np.concatenate([np.arange(level.rows, dtype=np.float32) for level in levels])
        self.middles = (numbers + np.float32(0.5)) * self.strides
        self.starts = np.concatenate([[0], np.cumsum(self.columns)]).astype(np.int32)

    @property
    def cells(self) -> int:
        return int(self.starts[-1])


def _reach(width: Any, height: Any, distance: Any, rows: _Rows, threshold: float) -> Any:
    """How far from the middle of a face, along a row, points of the mask may lie: `(n, rows)`.

    Pixels, not above 0 where none do. A square of side s whose middle is `distance` above or below
    that of the face and u beside it overlaps it by more than t if

        w h > (s² + A) t / (1 + t),    w = min(s, width, (s + width) / 2 - u),
                                       h = min(s, height, (s + height) / 2 - distance),

    with A the area of the face. Solved for u, the bound rises with s until the square covers the
    height of the face or `height (1 + t) / 4 t`, whichever is later, and falls from there.

    Args:
        width, height: `(n, 1)`.
        distance: `(n, rows)`.
    """
    share = threshold / (1.0 + threshold)
    area = width * height
    covering = height + 2.0 * distance
    # The largest square that overlaps the face enough in the best place of the row: one that covers
    # it, or one that cuts it, where h = (s + height) / 2 - distance.
    concentric = ops.sqrt(ops.relu(area) / threshold)
    below_root = 0.25 * ops.square(width) - 4.0 * share * (
        share * area - 0.5 * width * (height - 2.0 * distance)
    )
    cutting = (0.5 * width + ops.sqrt(ops.relu(below_root))) / (2.0 * share)
    cutting = ops.where(below_root > 0.0, cutting, 0.0)
    widest = ops.where(concentric >= covering, concentric, cutting)

    side = ops.maximum(covering, height / (4.0 * share))
    side = ops.minimum(ops.minimum(side, rows.largest), widest)
    side = ops.maximum(side, rows.smallest)
    seen = ops.minimum(ops.minimum(side, height), 0.5 * (side + height) - distance)
    needed = share * (ops.square(side) + area) / ops.maximum(seen, 1e-6)
    # At the widest square both are equal but for rounding.
    enough = needed <= ops.minimum(side, width) * (1.0 + 1e-6)
    possible = ops.logical_and(seen > 0.0, rows.smallest < widest)
    has_area = ops.logical_and(width > 0.0, height > 0.0)
    possible = ops.logical_and(ops.logical_and(possible, enough), has_area)
    return ops.where(possible, 0.5 * (side + width) - needed, 0.0)


def _count(first: Any, end: Any, chosen: Any, rows: _Rows) -> Any:
    """By how many stretches of the chosen boxes every cell is covered: int32 `(cells,)`.

    Args:
        first, end: `(n, rows)`, columns at which stretches begin and end.
        chosen: bool `(n, 1)`.
    """
    steps = ops.cast(ops.broadcast_to(chosen, ops.shape(first)), "int32")
    places = ops.stack([ops.cast(edge, "int32") + rows.starts[:-1] for edge in (first, end)])
    # What ends with its row is taken back where the next one begins.
    changes = ops.scatter(
        ops.reshape(places, (-1, 1)),
        ops.reshape(ops.stack([steps, -steps]), (-1,)),
        (rows.cells + 1,),
    )
    return ops.cumsum(changes)[:-1]


class MaskTargets:
    """Other targets and, of the masks of some levels, `masks` int8 `(M,)` and `dropped_masks`.

    `masks` are those of `face_masks`: M cells of the masked levels, in their order. With a share to
    drop there are also `dropped_masks` int8 `(D,)`, 1 at the cells of the first level that MCDM
    sets to zero in this picture: every cell of its mask that is FACE, with that probability and
    independently (section 3.3). A uniform number is drawn for each of these D cells.

    Args:
        others: the targets beside.
        levels: all anchor levels.
        height, width: of the training image, pixels.
        masked: indices of the levels of `masks`; may be none.
        dropout: share of the face cells of the first level to drop, 0..1.
    """

    def __init__(
        self,
        others: Targets,
        levels: Sequence[AnchorLevel],
        height: int,
        width: int,
        masked: Sequence[int],
        dropout: float = 0.0,
    ):
        self.others = others
        self.masked = [mask_level(levels[index], height, width) for index in masked]
        self.dropout = dropout
        self.dropped = [mask_level(levels[0], height, width)] if dropout else []
        self.cells = sum(level.rows * level.columns for level in self.dropped)
        self.uniform_count = others.uniform_count + self.cells

    def __call__(self, boxes: Any, kinds: Any, uniform: Any) -> dict:
        targets = self.others(boxes, kinds, uniform[: self.others.uniform_count])
        if self.masked:
            targets["masks"] = face_masks(boxes, kinds, self.masked)
        if self.dropped:
            faces = face_masks(boxes, kinds, self.dropped) == FACE
            drawn = uniform[self.others.uniform_count :] < self.dropout
            targets["dropped_masks"] = ops.cast(ops.logical_and(faces, drawn), "int8")
        return targets
