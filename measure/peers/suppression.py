"""Non-maximum suppression, as most of the peers have it."""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Found: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Boxes `(n, 4)`: x_min, y_min, x_max, y_max in pixels, and their scores `(n,)`."""


def suppress(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], iou_threshold: float
) -> Found:
    """The boxes that no better one overlaps by more than the threshold, scores falling.

    It is that of OpenCV: the peers bring theirs in Python, which would be what one times.
    """
    # NMSBoxes takes x, y, width, height and returns indices in order of falling score.
    rectangles = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxes(rectangles, scores, 0.0, iou_threshold)
    kept = np.asarray(kept, dtype=int).reshape(-1)
    return boxes[kept], scores[kept]
