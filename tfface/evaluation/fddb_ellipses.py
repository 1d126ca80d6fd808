"""FDDB with ellipses instead of boxes: a regression from one to the other.

A box around a face overlaps the face's ellipse by at most pi / 4, which the continuous score counts
against it. So detectors are also published with ellipses, which a linear regression makes of their
boxes: S3FD (arXiv:1708.05237) fits it to the true positives of FDDB itself. Here the pictures are
dealt into ten parts, as FDDB's experiments are, and the ellipses of a part come from what was
fitted to the nine others: no face has a share in its own ellipse.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tfface.evaluation.fddb import (
    NAMES,
    OVERLAP_THRESHOLD,
    FddbCurve,
    FddbFaces,
    curves_of,
    ellipse_mask,
    match,
    overlaps,
)
from tfface.evaluation.pictures import check_predictions

PARTS = 10
"""FDDB's number of folds."""

FEWEST = 8
"""Pairs of a box and an ellipse from which on something is fitted."""


@dataclass(frozen=True, eq=False)
class EllipseRegressor:
    """An ellipse whose radii, and whose centre in the box, are linear in width and height.

    Attributes:
        weights: float64 `(2, 4)`, from width and height of a box to the major and the minor radius,
            and to what the centre lies right of and below that of the box, all in pixels.
        angle: of the major axis, radians.
    """

    weights: np.ndarray
    angle: float

    @classmethod
    def inscribed(cls) -> "EllipseRegressor":
        """Upright ellipses that touch their boxes from within."""
        return cls(np.array([[0.0, 0.5, 0.0, 0.0], [0.5, 0.0, 0.0, 0.0]]), math.pi / 2)

    @classmethod
    def fit(cls, boxes: np.ndarray, ellipses: np.ndarray) -> "EllipseRegressor":
        """The least squares of pairs of boxes `(n, 4)` and ellipses `(n, 5)`.

        With fewer than `FEWEST` pairs it is `inscribed`.
        """
        if len(boxes) < FEWEST:
            return cls.inscribed()
        sizes, centres = _sizes_and_centres(boxes)
        wanted = np.concatenate([ellipses[:, :2], ellipses[:, 3:] - centres], axis=1)
        # What is off by a tenth counts the same for a small face and for a large one.
        scale = 1 / sizes.mean(axis=1, keepdims=True)
        weights = np.linalg.lstsq(sizes * scale, wanted * scale)[0]
        # An axis has no direction, so angles are averaged at twice their size.
        turned = np.exp(2j * ellipses[:, 2]).sum()
        return cls(weights, float(np.angle(turned)) / 2)

    def __call__(self, boxes: np.ndarray) -> np.ndarray:
        """The ellipses `(n, 5)` of boxes `(n, 4)`, radii at least one pixel."""
        sizes, centres = _sizes_and_centres(boxes)
        major, minor, right, below = (sizes @ self.weights).T
        radii = np.maximum([major, minor], 1.0)
        angles = np.full(len(boxes), self.angle)
        return np.stack([*radii, angles, centres[:, 0] + right, centres[:, 1] + below], axis=1)


def ellipse_overlaps(
    detected: np.ndarray, ellipses: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """Intersection over union of ellipses, `(n, 5)`, `(m, 5)` -> float64 `(n, m)` in 0..1.

    They are counted in pixels of a picture of height and width `size`, as in `ellipse_mask`.
    """
    masks, others = (
        np.array([ellipse_mask(row, size) for row in rows], bool).reshape(
            len(rows), math.prod(size)
        )
        for rows in (detected, ellipses)
    )
    result = np.zeros((len(masks), len(others)))
    for column, other in enumerate(others):
        common = (masks & other).sum(axis=1)
        either = masks.sum(axis=1) + other.sum() - common
        np.divide(common, either, out=result[:, column], where=either > 0)
    return result


def evaluate_ellipses(
    predictions: Mapping[str, np.ndarray], ground_truth: Mapping[str, FddbFaces]
) -> dict[str, FddbCurve]:
    """The curves of the discrete and the continuous score of ellipses made of the predictions.

    Args:
        predictions, ground_truth: as of `tfface.evaluation.fddb.evaluate_both`, boxes too.

    Raises:
        ValueError: what that function refuses.
    """
    check_predictions(predictions, ground_truth, NAMES)
    names = list(predictions)
    pairs = {name: _pairs(predictions[name], ground_truth[name]) for name in names}
    pictures = []
    for part in range(PARTS):
        others = [pairs[name] for place, name in enumerate(names) if place % PARTS != part]
        boxes = np.concatenate([np.zeros((0, 4)), *(boxes for boxes, _ in others)])
        ellipses = np.concatenate([np.zeros((0, 5)), *(ellipses for _, ellipses in others)])
        regressor = EllipseRegressor.fit(boxes, ellipses)
        for name in names[part::PARTS]:
            rows, faces = predictions[name], ground_truth[name]
            overlap = ellipse_overlaps(regressor(rows[:, :4]), faces.ellipses, faces.size)
            pictures.append((overlap, rows[:, 4]))
    return curves_of(pictures, sum(len(faces.ellipses) for faces in ground_truth.values()))


def _pairs(rows: np.ndarray, faces: FddbFaces) -> tuple[np.ndarray, np.ndarray]:
    """The boxes `(n, 4)` that find a face, and the ellipses `(n, 5)` of these faces."""
    overlap = overlaps(rows[:, :4], faces.ellipses, faces.size)
    detections, found = match(overlap)
    right = overlap[detections, found] > OVERLAP_THRESHOLD
    return rows[detections[right], :4], faces.ellipses[found[right]]


def _sizes_and_centres(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Width and height, and centre, of boxes `(n, 4)`, float64 `(n, 2)` each."""
    boxes = boxes.astype(np.float64)
    return boxes[:, 2:] - boxes[:, :2], (boxes[:, :2] + boxes[:, 2:]) / 2
