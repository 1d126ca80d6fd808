"""Average precision and recall by class of face, and how far scores can be believed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfface.evaluation.curves import average_precision
from tfface.evaluation.report.faces import HEIGHT, heights_of
from tfface.evaluation.report.judgement import FaceTable, Judgement

BINS = 10
"""Of the score, between 0 and 1."""


@dataclass(frozen=True)
class ClassResult:
    """How well a detector finds the faces of one class.

    Attributes:
        faces: number of those that count.
        average_precision: in 0..1; `nan` without faces.
        recall: at the threshold, in 0..1; `nan` without faces.
    """

    faces: int
    average_precision: float
    recall: float


def class_result(
    judgement: Judgement, table: FaceTable, attribute: str, number: int, threshold: float
) -> ClassResult:
    """The result on the faces of one class; others do not count, found or not.

    Wrong detections on no face count against every class, since nobody knows of which they would
    be; but against a class of height only those of that height, as in COCO.

    Args:
        judgement: of the detector.
        table: all faces.
        attribute: name in `tfface.evaluation.report.faces.CLASSES`.
        number: of the class.
        threshold: lowest score of the recall.
    """
    members = table.attributes[attribute] == number
    faces = members & table.counted
    if not faces.any():
        return ClassResult(0, float("nan"), float("nan"))
    on_face = judgement.face >= 0
    of_class = np.zeros(len(on_face), bool)
    of_class[on_face] = members[judgement.face[on_face]]
    nowhere = judgement.wrong & ~on_face
    if attribute == HEIGHT:
        nowhere &= heights_of(judgement.boxes) == number
    right = judgement.right & of_class
    counts = right | nowhere | (judgement.wrong & on_face & of_class)
    hits = np.cumsum(right[counts])
    precision = hits / np.arange(1, len(hits) + 1)
    return ClassResult(
        int(faces.sum()),
        average_precision(precision, hits / faces.sum()),
        float(np.mean(judgement.found[faces] >= threshold)),
    )


@dataclass(frozen=True, eq=False)
class Reliability:
    """How often detections are right, by their score: `BINS` classes of it.

    Attributes:
        scores: their mean, float64 `(BINS,)`, `nan` where there is no detection.
        precision: the part that is right, likewise.
        detections: their number, int64 `(BINS,)`.
    """

    scores: NDArray[np.float64]
    precision: NDArray[np.float64]
    detections: NDArray[np.int64]

    @property
    def error(self) -> float:
        """The mean difference of score and precision over all detections (the expected calibration
        error of Guo et al., arXiv:1706.04599, equation 3); `nan` without detections."""
        filled = self.detections > 0
        if not filled.any():
            return float("nan")
        differences = np.abs(self.scores - self.precision)[filled]
        return float(np.average(differences, weights=self.detections[filled]))


def reliability(judgement: Judgement) -> Reliability:
    """Of all detections that count; a score beyond 0..1 belongs to the nearest class."""
    counts = judgement.right | judgement.wrong
    scores, right = judgement.scores[counts], judgement.right[counts]
    place = np.clip((scores * BINS).astype(int), 0, BINS - 1)
    detections = np.bincount(place, minlength=BINS)
    sums = (np.bincount(place, values, BINS) for values in (scores, right))
    means = [
        np.divide(total, detections, out=np.full(BINS, np.nan), where=detections > 0)
        for total in sums
    ]
    return Reliability(means[0], means[1], detections)
