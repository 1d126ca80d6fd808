"""From all boxes of a network to faces, for files that leave that to their user."""

import numpy as np
from numpy.typing import NDArray

from tfface.nms import non_max_suppression
from tfface.predict.runtime import Faces, Size

SCORE_THRESHOLD = 0.02
IOU_THRESHOLD = 0.3
CANDIDATES = 1000
MAX_DETECTIONS = 400
"""The defaults of files that suppress by themselves too (`convert.faces.Selection`)."""


def select_faces(boxes: NDArray[np.float32], scores: NDArray[np.float32], size: Size) -> Faces:
    """The faces among the candidates of one picture.

    Args:
        boxes: `(A, 4)` in pixels of the input.
        scores: `(A,)`, in any order.
        size: height and width that boxes are cut to.
    """
    (likely,) = np.nonzero(scores > SCORE_THRESHOLD)
    best = likely[np.argsort(-scores[likely], kind="stable")[:CANDIDATES]]
    boxes, scores = boxes[best], scores[best]
    kept = non_max_suppression(boxes, scores, IOU_THRESHOLD, MAX_DETECTIONS)
    height, width = size
    limits = np.array([width, height] * 2, np.float32)
    return np.minimum(np.maximum(boxes[kept], 0), limits), scores[kept]
