"""The official evaluation of FDDB: the discrete and the continuous score against ellipses.

V. Jain and E. Learned-Miller, "FDDB: A Benchmark for Face Detection in Unconstrained Settings",
University of Massachusetts, UM-CS-2010-009, and their C++ tool `evaluate`, which is followed step
by step, so that the numbers stand beside published ones. SciPy is needed, and for the plot
matplotlib.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from tfface.evaluation.pictures import check_predictions
from tfface.evaluation.presentation import Line, per_cent, plot_lines, text_table
from tfface.predict.packages import optional_packages

OVERLAP_THRESHOLD = 0.5
"""A detection finds a face above this overlap, not at it (`Results.cpp`: CROSS_RATIO_THRESH)."""

FALSE_POSITIVES = (100, 1000)
"""The numbers of false positives, over all pictures, at which results are published."""

NAMES = "relative to originalPics, such as '2002/08/11/big/img_591.jpg'"


@dataclass(frozen=True, eq=False)
class FddbFaces:
    """The annotated faces of one picture.

    Attributes:
        ellipses: float64 `(n, 5)`: the major and the minor radius in pixels, above 0, the angle in
            radians from the axis of x to the major one, clockwise as one looks at the picture, and
            x and y of the centre in pixels.
        size: height and width of the picture in pixels. What lies outside does not count.
    """

    ellipses: np.ndarray
    size: tuple[int, int]


@dataclass(frozen=True, eq=False)
class FddbCurve:
    """How many faces a detector finds, and how often it errs, as its score threshold falls.

    Attributes:
        true_positives: `(t,)` in 0..faces: int64 faces found of the discrete score, and float64
            the sum of the overlaps of all pairs of the continuous one. It may fall: see `match`.
        false_positives: int64 `(t,)`, 0 or more.
        thresholds: `(t,)`, falling: every score that occurs.
        faces: number of faces to find.
    """

    true_positives: np.ndarray
    false_positives: np.ndarray
    thresholds: np.ndarray
    faces: int

    def rate_at(self, false_positives: int) -> float:
        """`true_positives_at` as a part of all faces, in 0..1; `nan` without faces to find."""
        found = true_positives_at(self, false_positives)
        return found / self.faces if self.faces else float("nan")

    def to_json(self) -> dict:
        """The curve as lists, ready for `json.dump`; an undefined rate is None.

        Of all points these are the ones that the others follow from: where the number of true
        positives changes, and the last.
        """
        corners = np.diff(self.true_positives, prepend=0) != 0
        corners[-1:] = True
        return {
            "faces": self.faces,
            "true_positives_at": {str(n): true_positives_at(self, n) for n in FALSE_POSITIVES},
            "true_positive_rate_at": {
                str(n): self.rate_at(n) if self.faces else None for n in FALSE_POSITIVES
            },
            "thresholds": self.thresholds[corners].tolist(),
            "true_positives": self.true_positives[corners].tolist(),
            "false_positives": self.false_positives[corners].tolist(),
        }


def true_positives_at(curve: FddbCurve, false_positives: int) -> float:
    """The most true positives of `curve` with at most so many false positives on all pictures.

    A curve that ends before gives its best point, and one that begins beyond gives 0. It is an int
    for the discrete score.
    """
    allowed = curve.true_positives[curve.false_positives <= false_positives]
    return allowed.max(initial=0).item()


def ellipse_mask(ellipse: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The pixels of an ellipse `(5,)` in a picture of height and width `size`, as uint8 0 or 1.

    As in the official tool the centre is rounded and the radii are cut to whole pixels. It takes
    180 degrees less the angle (`EllipsesSingleImage.cpp`), and so again before it draws
    (`EllipseR.cpp`), which leaves the angle as it was.
    """
    major, minor, angle, x, y = ellipse.tolist()
    mask = np.zeros(size, dtype=np.uint8)
    centre, radii = (round(x), round(y)), (int(major), int(minor))
    return cv2.ellipse(mask, centre, radii, math.degrees(angle), 0, 360, 1, cv2.FILLED)


def overlaps(boxes: np.ndarray, ellipses: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Intersection over union of every pair, in pixels of the picture.

    Args:
        boxes: `(n, 4)`, `x_min, y_min, x_max, y_max` in pixels. They are rounded, and the last row
            and column belong to the box, as in the official tool.
        ellipses: `(m, 5)`, see `FddbFaces`.
        size: height and width of the picture; what lies outside is cut off.

    Returns:
        float64 `(n, m)` in 0..1.
    """
    height, width = size
    x_min, y_min, x_max, y_max = np.rint(boxes.astype(np.float64)).T
    left, right = (np.clip(x, 0, width).astype(np.intp) for x in (x_min, x_max + 1))
    top, bottom = (np.clip(y, 0, height).astype(np.intp) for y in (y_min, y_max + 1))
    areas = (right - left) * (bottom - top)
    result = np.zeros((len(boxes), len(ellipses)))
    for index, ellipse in enumerate(ellipses):
        # The value at (y, x) is the number of pixels of the ellipse above and to the left of it.
        sums = cv2.integral(ellipse_mask(ellipse, size)).astype(np.int64)
        common = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
        either = areas + sums[-1, -1] - common
        np.divide(common, either, out=result[:, index], where=either > 0)
    return result


def match(overlap: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs detections and faces one to one, with the largest sum of overlaps.

    The sum decides, not the number of faces found: two pairs of 0.4 are taken rather than one of
    0.7. So one detection more can make the number of faces found fall.

    Args:
        overlap: float `(n, m)` in 0..1 of n detections and m faces.

    Returns:
        The indices of the detections and of the faces, int `(k,)` each, of the pairs that overlap.
    """
    with optional_packages("evaluate"):
        from scipy.optimize import linear_sum_assignment

    detections, faces = linear_sum_assignment(overlap, maximize=True)
    overlapping = overlap[detections, faces] > 0
    return detections[overlapping], faces[overlapping]


def count_scores(
    overlap: np.ndarray, scores: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Judges the detections of one picture at each of their scores as the threshold.

    Args:
        overlap: float `(n, m)` in 0..1 of n detections and m faces.
        scores: `(n,)`, in any order. Detections of equal score come in together.

    Returns:
        The distinct scores, falling, and at each of them the number of true positives, the sum of
        the overlaps of all pairs, and the number of false positives: four arrays `(t,)`, of which
        the counts are int64. The false positives are those of the discrete score for both scores
        (`Results.cpp`).
    """
    thresholds = np.unique(scores)[::-1]
    true_positives = np.zeros(len(thresholds), dtype=np.int64)
    false_positives = np.zeros(len(thresholds), dtype=np.int64)
    overlapped = np.zeros(len(thresholds))
    for index, threshold in enumerate(thresholds):
        valid = overlap[scores >= threshold]
        pairs = valid[match(valid)]
        true_positives[index] = np.sum(pairs > OVERLAP_THRESHOLD)
        overlapped[index] = np.sum(pairs)
        false_positives[index] = len(valid) - true_positives[index]
    return thresholds, true_positives, overlapped, false_positives


def evaluate_fddb(
    predictions: Mapping[str, np.ndarray], ground_truth: Mapping[str, FddbFaces]
) -> FddbCurve:
    """The curve of the discrete score over all pictures; see `evaluate_both`."""
    return evaluate_both(predictions, ground_truth)["discrete"]


def evaluate_both(
    predictions: Mapping[str, np.ndarray], ground_truth: Mapping[str, FddbFaces]
) -> dict[str, FddbCurve]:
    """The curves of the discrete and the continuous score over all pictures.

    Args:
        predictions: per picture `(n, 5)`: `x_min, y_min, x_max, y_max` in pixels and the score, in
            any order. A picture that is absent has no detections.
        ground_truth: the faces of every picture that is evaluated. Where a picture has none, every
            detection is a false positive.

    Returns:
        `{"discrete": curve, "continuous": curve}`.

    Raises:
        ValueError: predictions of a wrong shape, with NaN or infinity, or for a picture that is not
            in the ground truth.
    """
    check_predictions(predictions, ground_truth, NAMES)
    judged = {
        name: (overlaps(rows[:, :4], ground_truth[name].ellipses, ground_truth[name].size), rows)
        for name, rows in predictions.items()
    }
    return curves_of(
        [(overlap, rows[:, 4]) for overlap, rows in judged.values()],
        sum(len(faces.ellipses) for faces in ground_truth.values()),
    )


def curves_of(
    pictures: Iterable[tuple[np.ndarray, np.ndarray]], faces: int
) -> dict[str, FddbCurve]:
    """The two curves of the overlaps `(n, m)` and the scores `(n,)` of every picture.

    Args:
        pictures: see `count_scores`.
        faces: number of faces to find in all pictures.
    """
    changes = [np.zeros((4, 0))]
    for overlap, scores in pictures:
        own_thresholds, *counts = count_scores(overlap, scores)
        changes.append(np.stack([own_thresholds, *np.diff(np.stack(counts), axis=1, prepend=0)]))
    # At any threshold a picture has the counts of its last score that is not below.
    all_scores, *changes_of_counts = np.concatenate(changes, axis=1)
    thresholds, place = np.unique(-all_scores, return_inverse=True)
    true_positives, overlapped, false_positives = (
        np.cumsum(np.bincount(place, change, len(thresholds))) for change in changes_of_counts
    )
    false = false_positives.astype(np.int64)
    return {
        "discrete": FddbCurve(true_positives.astype(np.int64), false, -thresholds, faces),
        "continuous": FddbCurve(overlapped, false, -thresholds, faces),
    }


def format_table(curves: Mapping[str, FddbCurve]) -> str:
    """A text table of the faces found, also in per cent, at each of `FALSE_POSITIVES`."""
    rows = [
        (
            name,
            curve.faces,
            number,
            f"{true_positives_at(curve, number):.6g}",
            per_cent(curve.rate_at(number)),
        )
        for name, curve in curves.items()
        for number in FALSE_POSITIVES
    ]
    return text_table(("score", "faces", "false positives", "true positives", "rate"), rows)


def plot_curves(curves: Mapping[str, FddbCurve], path: Path, title: str) -> None:
    """Draws the curves that have faces to find into a PNG file at `path`, with their last rate."""
    end = FALSE_POSITIVES[-1]
    lines = [
        Line(
            f"{name}: {per_cent(curve.rate_at(end))}",
            curve.false_positives,
            curve.true_positives / curve.faces,
        )
        for name, curve in curves.items()
        if curve.faces
    ]
    legend = f"%, at {end} false positives"
    plot_lines(path, title, lines, "false positives", "true positive rate", legend, end)
