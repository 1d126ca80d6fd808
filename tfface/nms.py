"""Greedy non-maximum suppression in NumPy: the reference for every other implementation."""

import numpy as np
from numpy.typing import NDArray


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
    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
    remaining = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(remaining) and (limit is None or len(kept) < limit):
        best, remaining = remaining[0], remaining[1:]
        kept.append(int(best))
        upper_left = np.maximum(boxes[best, :2], boxes[remaining, :2])
        lower_right = np.minimum(boxes[best, 2:], boxes[remaining, 2:])
        intersections = np.prod(np.maximum(lower_right - upper_left, 0), axis=1)
        unions = areas[best] + areas[remaining] - intersections
        # Not as a quotient: two boxes without area have a union of 0.
        remaining = remaining[intersections <= iou_threshold * unions]
    return np.array(kept, np.int64)
