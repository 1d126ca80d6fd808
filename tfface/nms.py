"""Greedy non-maximum suppression in NumPy: the reference for every other implementation."""

import numpy as np
from numpy.typing import NDArray

_BLOCK = 32
"""Boxes that are compared with all others at a time: one by one NumPy's calls take the time."""

_PAIRS = 1 << 20
"""Of boxes that are compared at a time: a bound on memory."""


def non_max_suppression(
    boxes: NDArray[np.floating],
    scores: NDArray[np.floating],
    iou_threshold: float = 0.3,
    limit: int | None = None,
) -> NDArray[np.int64]:
    """Keeps the best box of every group that overlaps.

    The box with the highest score is kept and all that overlap it by more than `iou_threshold` are
    dropped; then the best of the rest, and so on. The overlap is intersection over union, with
    `x_max - x_min` as the width of a box. A box without area overlaps nothing. Of equal scores the
    earlier box goes first.

    Args:
        boxes: `(n, 4)`: x_min, y_min, x_max, y_max.
        scores: `(n,)`.
        iou_threshold: in 0..1; 0.3 is that of FaceBoxes (arXiv:1708.05234, section 3.4).
        limit: the most boxes to keep; None keeps every one that is left.

    Returns:
        Indices of the boxes kept, int64 `(k,)`, scores falling.

    Raises:
        ValueError: the shapes do not belong together.
    """
    if scores.ndim != 1 or boxes.shape != (len(scores), 4):
        raise ValueError(
            "expected boxes of shape (n, 4) and scores of shape (n,), got "
            f"{boxes.shape} and {scores.shape}"
        )
    remaining = np.argsort(-scores, kind="stable")
    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
    rows = np.concatenate([boxes.T, areas[None]])[:, remaining]
    kept: list[int] = []
    while len(remaining) and (limit is None or len(kept) < limit):
        block = min(_BLOCK, max(1, _PAIRS // len(remaining)))
        apart = _apart(rows[:, :block], rows, iou_threshold)
        chosen = _greedy(apart[:, :block])
        kept += remaining[chosen].tolist()
        left = np.logical_and.reduce(apart[chosen])
        left[:block] = False
        remaining, rows = remaining[left], rows[:, left]
    return np.array(kept[:limit], np.int64)


def _apart(
    some: NDArray[np.floating], others: NDArray[np.floating], iou_threshold: float
) -> NDArray[np.bool_]:
    """Whether each of `some` overlaps each of `others` by no more than the threshold.

    Args:
        some, others: `(5, m)` and `(5, n)`, the four edges and the area.

    Returns:
        bool `(m, n)`.
    """
    first, second = some[:, :, None], others[:, None]
    # In place: for a few hundred boxes it is the memory that takes the time.
    intersections = np.minimum(first[2], second[2])
    intersections -= np.maximum(first[0], second[0])
    np.maximum(intersections, 0, out=intersections)
    heights = np.minimum(first[3], second[3])
    heights -= np.maximum(first[1], second[1])
    intersections *= np.maximum(heights, 0, out=heights)
    unions = first[4] + second[4]
    unions -= intersections
    # Not as a quotient: two boxes without area have a union of 0.
    return intersections <= iou_threshold * unions


def _greedy(apart: NDArray[np.bool_]) -> list[int]:
    """Indices of those that no chosen one before them overlaps, of all pairs `(n, n)`."""
    chosen = []
    free = np.ones(len(apart), bool)
    for index, row in enumerate(apart):
        if free[index]:
            chosen.append(index)
            free &= row
    return chosen
