"""The largest boxes of a picture, which have places of their own, and what becomes of the others.

What is matched in a compiled step has a fixed number of places. A box beyond them is still there in
the picture: it is no background.
"""

from typing import Any

from keras import ops

from tfface.matching import ABSENT, IGNORED

GRID = 4
"""Rows and columns of the parts of a picture, each with one region."""

REGIONS = GRID * GRID
"""Places of the regions."""

MARGIN = 0.5
"""Of its sides, by which a box is made larger on all sides when it goes into a region: at least a
half of any anchor that could find it is inside then."""


def largest_and_regions(boxes: Any, kinds: Any, count: int) -> tuple[Any, Any]:
    """The largest boxes, and what covers all others: regions to be ignored.

    There is a region for every part of the picture, around the boxes whose centres are there.

    Args:
        boxes: `(n, 4)`; kinds: int32 `(n,)` of FACE, ABSENT, IGNORED.
        count: places of boxes.

    Returns:
        boxes `(count + REGIONS, 4)`, the largest first and then the regions, 0 where there is
        nothing, and kinds `(count + REGIONS,)`, ABSENT there.
    """
    kept, kept_kinds, left_out = largest(boxes, kinds, kinds != ABSENT, count)
    regions, filled = _regions(boxes, left_out)
    kinds = ops.concatenate([kept_kinds, ops.where(filled, IGNORED, ABSENT)])
    return ops.concatenate([kept, regions]), kinds


def largest(boxes: Any, kinds: Any, chosen: Any, count: int) -> tuple[Any, Any, Any]:
    """The largest of the boxes that are chosen, by their longer side.

    Args:
        boxes: `(n, 4)`; kinds: int32 `(n,)`; chosen: bool `(n,)`.

    Returns:
        boxes `(count, 4)`, 0 where there are fewer; kinds `(count,)`, ABSENT there; and bool
        `(n,)`, which of those chosen are left out.
    """
    boxes = ops.concatenate([boxes, ops.zeros((count, 4), "float32")])
    kinds = ops.concatenate([kinds, ops.full((count,), ABSENT, "int32")])
    chosen = ops.concatenate([chosen, ops.zeros((count,), "bool")])
    longer = ops.where(chosen, ops.max(boxes[:, 2:] - boxes[:, :2], axis=-1), -1.0)
    lengths, order = ops.top_k(longer, count)
    there = lengths >= 0.0
    left_out = ops.scatter_update(chosen, order[:, None], ops.zeros((count,), "bool"))
    return (
        ops.where(there[:, None], ops.take(boxes, order, axis=0), 0.0),
        ops.where(there, ops.take(kinds, order), ABSENT),
        left_out[:-count],
    )


def _regions(boxes: Any, chosen: Any) -> tuple[Any, Any]:
    """What is around the chosen boxes of each part of the picture.

    Returns:
        boxes `(REGIONS, 4)`, and bool `(REGIONS,)`: whether there is one.
    """
    # A box more, which is not chosen: there may be none.
    boxes = ops.concatenate([boxes, ops.zeros((1, 4), "float32")])
    chosen = ops.append(chosen, False)
    low, high = boxes[:, :2], boxes[:, 2:]
    end = ops.maximum(ops.max(ops.where(chosen[:, None], high, 0.0), axis=0), 1.0)
    cells = ops.clip(ops.floor(GRID * 0.5 * (low + high) / end), 0, GRID - 1)
    parts = ops.cast(GRID * cells[:, 1] + cells[:, 0], "int32")
    margin = MARGIN * (high - low)
    edges = ops.concatenate([margin - low, high + margin], axis=1)
    edges = ops.segment_max(edges, ops.where(chosen, parts, REGIONS), REGIONS + 1)[:-1]
    # Where nothing is, the maximum is the lowest number that there is.
    filled = edges[:, 0] > -1e30
    regions = ops.concatenate([-edges[:, :2], edges[:, 2:]], axis=1)
    return ops.where(filled[:, None], regions, 0.0), filled
