"""Compares a converted file with the Keras detector that it was made from, on real pictures."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tfface.boxes import pairwise_iou
from tfface.predict.placement import place
from tfface.predict.runtime import Faces, Runtime
from tfface.predict.selection import Selection
from tfface.rgb import Image

THRESHOLD_MARGIN = 1e-4
"""A detection whose score is so little above the threshold may be below it for the other one."""


FACE_SCORE = 0.5
"""What a reader of the result takes for a face: a detection with a score above it."""


class ParityError(ValueError):
    """A converted file that does not find what its detector finds."""


class Reference(Protocol):
    """What a file is compared with: `tfface.detectors.base.Detector`."""

    def predict_boxes(
        self,
        image: Any,
        score_threshold: float,
        iou_threshold: float,
        candidates: int,
        max_detections: int,
    ) -> Faces:
        """Boxes `(n, 4)` in pixels and falling scores `(n,)` of RGB `(H, W, 3)`."""


@dataclass(frozen=True)
class Tolerance:
    """The largest differences that pass; float32 arithmetic in another order stays far below.

    Attributes:
        score: of the score of a detection.
        box: of a coordinate, in pixels.
        unmatched: share of detections that only one of the two has. Two candidates with nearly one
            score may change places, and the suppression then keeps the other one.
        iou: two boxes that overlap by more are one detection, found twice.
        sure_score: the lowest score of the detections that are compared, where that is above the
            threshold in the file.
    """

    score: float = 1e-3
    box: float = 0.1
    unmatched: float = 0.02
    iou: float = 0.9
    sure_score: float = 0.0


_COARSE = Tolerance(score=0.5, box=math.inf, unmatched=0.1, iou=0.7, sure_score=0.3)
"""With 256 steps for a value candidates of nearly one score change places all the time. Compared
are faces that anyone would draw, and their boxes by overlap: one may come from another anchor. The
largest difference of scores, seen up to 0.36 among 239 faces, says little: lost faces count, and
average precision (`measure.report`)."""

TOLERANCES = {
    "float32": Tolerance(),
    # Of fbi-half 1 to 3 % of the detections, at scores of a few hundredths, change places.
    "float16": Tolerance(score=0.01, box=1.0, unmatched=0.05),
    "dynamic": _COARSE,
    "int8": _COARSE,
    "int16x8": _COARSE,
}
"""What is expected of a file, by its precision (`convert.quantization.PRECISIONS`)."""


@dataclass(frozen=True)
class Parity:
    """How far a file is from its detector, over all pictures compared.

    Attributes:
        pictures: how many were compared.
        matched: detections that both have; far more than faces, where the threshold is low.
        unmatched: detections that one of them has, and not just above the score threshold.
        score_difference: the largest of the matched ones.
        box_difference: the largest of their coordinates, in pixels.
        faces: the matched ones with a score above `FACE_SCORE` in either.
    """

    pictures: int
    matched: int
    unmatched: int
    score_difference: float
    box_difference: float
    faces: int

    def check(self, tolerance: Tolerance) -> None:
        """Raises ParityError where a difference is above the tolerance, or nothing was compared."""
        if self.matched + self.unmatched == 0:
            raise ParityError(
                f"expected faces to compare in {self.pictures} pictures, got none; "
                "name pictures with faces by --parity_images"
            )
        share = self.unmatched / (self.matched + self.unmatched)
        if not (
            self.score_difference <= tolerance.score
            and self.box_difference <= tolerance.box
            and share <= tolerance.unmatched
        ):
            raise ParityError(
                f"expected scores within {tolerance.score:g}, boxes within {tolerance.box:g} "
                f"pixels and {tolerance.unmatched:.0%} of detections unmatched at most, got "
                f"{self}; the file was not written"
            )

    def __str__(self) -> str:
        return (
            f"{self.pictures} pictures, {self.faces} faces (score above {FACE_SCORE}) found by "
            f"both; of all {self.matched + self.unmatched} boxes compared {self.unmatched} are in "
            f"one only; largest differences: score {self.score_difference:.1e}, "
            f"box {self.box_difference:.1e} pixels"
        )


def compare(
    runtime: Runtime,
    detector: Reference,
    images: Iterable[Image],
    selection: Selection,
    tolerance: Tolerance = TOLERANCES["float32"],
) -> Parity:
    """Runs both on every picture; a file of one fixed size gets the pictures scaled to fit.

    Args:
        runtime: the converted file, loaded.
        detector: what it was made from.
        images: RGB uint8 `(H, W, 3)`, of any size.
        selection: the thresholds in the file.
        tolerance: says what is one detection, and which are compared.
    """
    pairs = []
    for image in images:
        if runtime.fixed_size is not None:
            image = place(image.shape[:2], None, runtime.fixed_size).apply(image)
        expected = _reference(detector, image, selection)
        pairs.append((_with_area(expected), _with_area(runtime.run(image))))
    lowest = max(selection.score_threshold + THRESHOLD_MARGIN, tolerance.sure_score)
    matched, unmatched, faces = 0, 0, 0
    score_differences, box_differences = [np.zeros(1)], [np.zeros((1, 4))]
    for (boxes, scores), (other_boxes, other_scores) in pairs:
        mine, theirs = _matches(boxes, other_boxes, tolerance.iou)
        unmatched += int((np.delete(scores, mine) > lowest).sum())
        unmatched += int((np.delete(other_scores, theirs) > lowest).sum())
        better = np.maximum(scores[mine], other_scores[theirs])
        faces += int((better > FACE_SCORE).sum())
        sure = better > tolerance.sure_score
        mine, theirs = mine[sure], theirs[sure]
        matched += len(mine)
        score_differences.append(np.abs(scores[mine] - other_scores[theirs]))
        box_differences.append(np.abs(boxes[mine] - other_boxes[theirs]))
    return Parity(
        pictures=len(pairs),
        matched=matched,
        unmatched=unmatched,
        score_difference=float(np.concatenate(score_differences).max()),
        box_difference=float(np.concatenate(box_differences).max()),
        faces=faces,
    )


def _reference(detector: Reference, image: Image, selection: Selection) -> Faces:
    """What the Keras detector finds, cut to the picture as the file does."""
    boxes, scores = detector.predict_boxes(
        image,
        selection.score_threshold,
        selection.iou_threshold,
        selection.candidates,
        selection.max_detections,
    )
    height, width = image.shape[:2]
    return np.clip(boxes, 0, np.array([width, height, width, height], np.float32)), scores


def _with_area(faces: Faces) -> Faces:
    """Without the boxes outside of the picture, which have no area once they are cut to it."""
    boxes, scores = faces
    visible = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    return boxes[visible], scores[visible]


def _matches(
    boxes: NDArray[np.float32], others: NDArray[np.float32], iou: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of detections in both: those that overlap each other most, and by more than `iou`."""
    if not len(boxes) or not len(others):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    overlaps = np.asarray(pairwise_iou(boxes, others))
    best, best_of_other = overlaps.argmax(axis=1), overlaps.argmax(axis=0)
    mutual = best_of_other[best] == np.arange(len(best))
    (mine,) = np.nonzero(mutual & (overlaps.max(axis=1) > iou))
    return mine, best[mine]
