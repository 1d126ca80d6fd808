"""Box voting: the boxes around a face agree on one (Gidaris and Komodakis, arXiv:1505.01749)."""

import numpy as np
from numpy.typing import NDArray

VOTING_OVERLAP = 0.6
"""Intersection over union from which on a box has a say, measured by `benchmarks.selection`."""


def vote(
    boxes: NDArray[np.floating],
    scores: NDArray[np.floating],
    kept: NDArray[np.integer],
    overlap: float = VOTING_OVERLAP,
) -> NDArray[np.float32]:
    """The boxes kept, each as the mean of those that overlap it, weighted by their scores.

    Args:
        boxes: `(n, 4)`: x_min, y_min, x_max, y_max.
        scores: `(n,)`, above 0.
        kept: int `(k,)`, which of them non-maximum suppression keeps.
        overlap: intersection over union from which on a box counts, in 0..1.

    Returns:
        float32 `(k, 4)`.
    """
    chosen = boxes[kept]
    upper_left = np.maximum(chosen[:, None, :2], boxes[None, :, :2])
    lower_right = np.minimum(chosen[:, None, 2:], boxes[None, :, 2:])
    intersections = np.prod(np.maximum(lower_right - upper_left, 0), axis=-1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=-1)
    unions = areas[kept][:, None] + areas[None] - intersections
    near = (intersections >= overlap * unions) & (unions > 0)
    near[np.arange(len(kept)), kept] = True  # also a box without area
    weights = np.where(near, scores, 0).astype(np.float64)
    return (weights @ boxes / weights.sum(axis=1, keepdims=True)).astype(np.float32)
