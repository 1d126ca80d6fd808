"""A second look, at few pixels, for faces that are larger than a detector knows.

A detector takes the parts of such a face for faces: of a portrait at 1024 pixels two eyes, or a
cheek. At a third of that it finds the face itself.
"""

import numpy as np
from numpy.typing import NDArray

from tfface.nms import non_max_suppression
from tfface.predict.runtime import Faces
from tfface.predict.suppression import IOU_THRESHOLD

LARGEST_KNOWN = 640
"""Pixels of the longer side that one look is enough for: faces of as many are known."""

SECOND_LONG_SIDE = 320
"""Pixels of the longer side in the second look."""

SUSPECT, SUSPECT_SCORE = 0.25, 0.3
"""Longer side of a box, in longer sides of the picture, and score from which on there is a second
look: parts of faces that fill the picture are larger than most faces are."""

NEAR, CLOSE = 0.3, 0.4
"""Longer side of boxes, likewise: below the one the first look decides, from the other on the
second, in between both, lest a face that is larger for the one than for the other is lost."""

CONFIDENT, CONTAINED = 0.5, 0.7
"""Score from which on a close face swallows the boxes that lie in it by so much of their area."""


def needs_second_look(faces: Faces, longer: int) -> bool:
    """Whether a box may be a part of a face that fills the picture.

    Args:
        faces: of the first look: boxes `(n, 4)` in its pixels, and scores `(n,)`.
        longer: pixels of the longer side of the first look.
    """
    boxes, scores = faces
    large = _sides(boxes) >= SUSPECT * longer
    return longer > LARGEST_KNOWN and bool(np.any(large & (scores >= SUSPECT_SCORE)))


def join_looks(first: Faces, second: Faces, longer: int) -> Faces:
    """Close faces as the second look has them, all others as the first has.

    Args:
        first, second: boxes `(n, 4)` in pixels of the first look, and scores `(n,)`, each without
            duplicates.
        longer: pixels of the longer side of the first look.
    """
    (boxes, scores), (close, close_scores) = first, second
    near = _sides(close) >= NEAR * longer
    close, close_scores = close[near], close_scores[near]
    parts = _contained(boxes, close[close_scores >= CONFIDENT]) >= CONTAINED
    others = (_sides(boxes) < CLOSE * longer) & ~np.any(parts, axis=1)
    boxes = np.concatenate([close, boxes[others]])
    scores = np.concatenate([close_scores, scores[others]])
    kept = non_max_suppression(boxes, scores, IOU_THRESHOLD)
    return boxes[kept], scores[kept]


def _sides(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """The longer side of each box."""
    return np.max(boxes[:, 2:] - boxes[:, :2], axis=1, initial=0)


def _contained(boxes: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of every box `(n, 4)` the part of its area in each of the others `(m, 4)`: `(n, m)`."""
    shared = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    shared = shared - np.maximum(boxes[:, None, :2], others[None, :, :2])
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1, keepdims=True)
    return np.prod(np.maximum(shared, 0), axis=2) / areas
