"""Boxes on pictures without a face: each is one too many."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from tfface.evaluation.runner import PictureDetector
from tfface.rgb import Image

THRESHOLDS = (0.3, 0.5, 0.7)
"""Scores from which on boxes are counted."""

Kind = TypeVar("Kind", bound=Hashable)


@dataclass(frozen=True)
class FalseAlarms:
    """What was found in pictures without a face.

    Attributes:
        pictures: their number.
        boxes: the mean number of boxes a picture from each of `THRESHOLDS` on.
    """

    pictures: int
    boxes: list[float]


def count_false_alarms(
    detector: PictureDetector, pictures: Iterable[tuple[Kind, Image]], long_side: int | None = None
) -> dict[Kind, FalseAlarms]:
    """Counts the boxes by kind of picture.

    Args:
        detector: a `tfface.FaceDetector` or anything that detects like it.
        pictures: what kind each is, and the picture, RGB uint8 `(H, W, 3)`, without a face. They
            are taken one by one.
        long_side: as of `FaceDetector.detect`.
    """
    scores = defaultdict(list)
    for kind, image in pictures:
        scores[kind].append(detector.detect(image, min(THRESHOLDS), long_side).scores)
    return {
        kind: FalseAlarms(
            len(of_kind), [float(np.mean([np.sum(s >= t) for s in of_kind])) for t in THRESHOLDS]
        )
        for kind, of_kind in scores.items()
    }
