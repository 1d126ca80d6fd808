"""Which of a network's boxes become faces: thresholds and limits."""

import math
from dataclasses import dataclass

from tfface.predict import suppression

_LEAST_LOGIT = -80.0
"""Logit for a score threshold of 0; `exp(80)` is still a float32."""

_MOST = 1_000_000
"""Candidates or faces: more than any detector has anchors for a picture of 1,024 pixels."""


@dataclass(frozen=True)
class Selection:
    """Which candidates become faces.

    Attributes:
        score_threshold: only candidates above it are faces; at least 0 and below 1.
        iou_threshold: overlap above which the lower of two candidates is dropped, in 0..1.
        candidates: the most candidates that are decoded and compared.
        max_detections: the most faces of a picture.

    Raises:
        ValueError: a number outside its range.
    """

    score_threshold: float = suppression.SCORE_THRESHOLD
    iou_threshold: float = suppression.IOU_THRESHOLD
    candidates: int = suppression.CANDIDATES
    max_detections: int = suppression.MAX_DETECTIONS

    def __post_init__(self) -> None:
        if not 0 <= self.score_threshold < 1:
            raise ValueError(
                f"expected a score threshold of at least 0 and below 1, got {self.score_threshold}"
            )
        if not 0 <= self.iou_threshold <= 1:
            raise ValueError(f"expected an IoU threshold in 0..1, got {self.iou_threshold}")
        for count in (self.candidates, self.max_detections):
            if not (isinstance(count, int) and 1 <= count <= _MOST):
                raise ValueError(
                    f"expected at least 1 candidate and 1 detection, and at most {_MOST}, got "
                    f"{self.candidates} and {self.max_detections}"
                )

    @property
    def logit_threshold(self) -> float:
        """`score_threshold` as a logit."""
        if self.score_threshold == 0:
            return _LEAST_LOGIT
        return math.log(self.score_threshold / (1 - self.score_threshold))
