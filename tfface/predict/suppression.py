"""From the boxes of a network to faces, in NumPy."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tfface.nms import non_max_suppression
from tfface.predict.runtime import Faces, Size

if TYPE_CHECKING:  # It has its defaults from here.
    from tfface.predict.selection import Selection

SCORE_THRESHOLD = 0.02
IOU_THRESHOLD = 0.4
CANDIDATES = 2000
MAX_DETECTIONS = 750
"""What `Detector.selection` is where a detector has none of its own.

Chosen by `benchmarks/selection.py`: 0.3 drops faces that stand close, above 0.4 second boxes of one
face begin to show, and crowds have more than 1,000 candidates. None of it costs 0.1 ms.
"""


def suppress(
    boxes: NDArray[np.float32],
    logits: NDArray[np.float32],
    score_threshold: float,
    iou_threshold: float = IOU_THRESHOLD,
    limit: int | None = None,
) -> Faces:
    """The faces among the candidates of one picture.

    Args:
        boxes: `(K, 4)`.
        logits: `(K,)`, falling; they tell candidates apart whose scores have both become 1.
        score_threshold: candidates below it are dropped.
        iou_threshold: overlap above which the lower of two candidates is dropped.
        limit: the most faces; None for all.

    Returns:
        Boxes `(n, 4)` and scores float32 `(n,)`, falling.
    """
    scores = (1.0 / (1.0 + np.exp(-np.clip(logits, -80.0, 80.0)))).astype(np.float32)
    likely = scores >= score_threshold
    boxes, scores = boxes[likely], scores[likely]
    kept = non_max_suppression(boxes, scores, iou_threshold, limit)
    return boxes[kept], scores[kept]


def suppress_candidates(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], size: Size, selection: "Selection"
) -> Faces:
    """The faces among all boxes of one picture, as files of candidates give them.

    Args:
        boxes: `(A, 4)` in pixels of the input.
        scores: `(A,)`, 0..1, in any order.
        size: height and width that boxes are cut to.
        selection: thresholds and limits.
    """
    (likely,) = np.nonzero(scores > selection.score_threshold)
    best = likely[np.argsort(-scores[likely], kind="stable")[: selection.candidates]]
    boxes, scores = boxes[best], scores[best]
    kept = non_max_suppression(boxes, scores, selection.iou_threshold, selection.max_detections)
    height, width = size
    limits = np.array([width, height] * 2, np.float32)
    return np.minimum(np.maximum(boxes[kept], 0), limits), scores[kept]
