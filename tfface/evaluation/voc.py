"""Average precision as PASCAL VOC takes it, for AFW, PASCAL Face and MAFA.

It follows the toolbox of AFW and PASCAL Face, with which their published numbers are made: M.
Mathias, R. Benenson, M. Pedersoli and L. Van Gool, "Face detection without bells and whistles",
ECCV 2014 (`VOCpr.py`). For MAFA there is no official tool: papers name its three sets of faces and
average precision, which is taken in the same way here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tfface.data.mat import FaceKind
from tfface.evaluation.coco import BoxFaces
from tfface.evaluation.curves import Curve
from tfface.evaluation.pictures import check_predictions
from tfface.evaluation.wider import overlaps

IOU_THRESHOLD = 0.5
"""A detection finds a face above this overlap, not at it (`VOCpr.py`: ovr)."""

SMALLEST_FACE = 30
"""Pixels: faces of AFW and PASCAL Face with a shorter side are ignored (`plot_AP.py`: minw)."""

SMALLEST_DETECTION = 21
"""Pixels: detections with no longer side are left out (`plot_AP.py`: sqrt(30 * 30 / 2), cut)."""

REFINEMENTS = 4
"""How often boxes are fitted to faces; it judges them before and after each (`plot_AP.py`: nit)."""

DRAWN, FITTED = "as detected", "fitted"

SUBSETS = {
    "whole": tuple(FaceKind),
    "masked": (FaceKind.MASKED,),
    "unignored": (FaceKind.MASKED, FaceKind.UNMASKED),
}
"""The faces of MAFA that count (RefineFace, section 4.5 and Table 10)."""

_NAMES = "relative to the folder of pictures"


@dataclass(frozen=True, eq=False)
class MafaFaces:
    """The annotated faces of one picture of MAFA.

    Attributes:
        boxes: `(n, 4)`, `x_min, y_min, x_max, y_max` in pixels.
        kinds: `(n,)` of `FaceKind`.
    """

    boxes: np.ndarray
    kinds: np.ndarray


@dataclass(frozen=True, eq=False)
class _Judged:
    """All detections by falling score: which find a face, which are wrong, and that face's box."""

    scores: np.ndarray
    right: np.ndarray
    wrong: np.ndarray
    faces: np.ndarray
    boxes: np.ndarray


def evaluate_voc(
    predictions: Mapping[str, np.ndarray], ground_truth: Mapping[str, BoxFaces]
) -> Curve:
    """The curve of all detections, a point each.

    A detection belongs to the face that it overlaps most, of equal ones the last; no second best is
    tried. The first of a face by falling score finds it, each further one is wrong, as is one on no
    face, also in pictures without any. On an ignored face it does not count.

    Args:
        predictions: per picture `(n, 5)`: `x_min, y_min, x_max, y_max` in pixels and the score, in
            any order. A picture that is absent has no detections.
        ground_truth: the faces of every picture that is evaluated.

    Raises:
        ValueError: predictions of a wrong shape, with NaN or infinity, or for a picture that is not
            in the ground truth.
    """
    check_predictions(predictions, ground_truth, _NAMES)
    return _curve(_judge(predictions, ground_truth), ground_truth)


def evaluate_toolbox(
    predictions: Mapping[str, np.ndarray], ground_truth: Mapping[str, BoxFaces]
) -> dict[str, Curve]:
    """The curves of AFW or PASCAL Face: of boxes as they are detected, and of fitted ones.

    Detectors draw boxes in styles of their own. So the toolbox moves and scales all boxes of a
    detector alike, by the mean difference of those that find a face from that face, and does so
    `REFINEMENTS` times; published numbers are those of fitted boxes. Faces and detections that are
    too small do not count. Arguments and errors are as of `evaluate_voc`.
    """
    check_predictions(predictions, ground_truth, _NAMES)
    truth = {name: without_small(faces) for name, faces in ground_truth.items()}
    boxes = {name: _large(rows) for name, rows in predictions.items()}
    judged = [_judge(boxes, truth)]
    for _ in range(REFINEMENTS):
        boxes = _fitted(boxes, judged[-1])
        judged.append(_judge(boxes, truth))
    return {DRAWN: _curve(judged[0], truth), FITTED: _curve(judged[-1], truth)}


def evaluate_mafa(
    predictions: Mapping[str, np.ndarray], ground_truth: Mapping[str, MafaFaces]
) -> dict[str, Curve]:
    """The curves of `SUBSETS`: faces that are not of a set are ignored in it.

    Arguments and errors are as of `evaluate_voc`.
    """
    return {
        subset: evaluate_voc(
            predictions,
            {
                name: BoxFaces(faces.boxes, ~np.isin(faces.kinds, kinds))
                for name, faces in ground_truth.items()
            },
        )
        for subset, kinds in SUBSETS.items()
    }


def _judge(predictions: Mapping[str, np.ndarray], ground_truth: Mapping[str, BoxFaces]) -> _Judged:
    judged = [_Judged(np.zeros(0), *np.zeros((2, 0), bool), *np.zeros((2, 0, 4)))]
    for name, rows in predictions.items():
        rows = rows[np.argsort(-rows[:, 4], kind="stable")].astype(np.float64)
        judged.append(_judge_picture(rows, ground_truth[name]))
    order = np.argsort(-np.concatenate([each.scores for each in judged]), kind="stable")
    return _Judged(
        *(
            np.concatenate([getattr(each, field) for each in judged])[order]
            for field in ("scores", "right", "wrong", "faces", "boxes")
        )
    )


def _judge_picture(rows: np.ndarray, faces: BoxFaces) -> _Judged:
    """The detections `(n, 5)` of a picture, by falling score."""
    boxes, scores = rows[:, :4], rows[:, 4]
    count = len(faces.boxes)
    if not count:
        none = np.zeros(len(rows), bool)
        return _Judged(scores, none, ~none, boxes, boxes)
    overlap = overlaps(boxes, faces.boxes)
    face = count - 1 - np.argmax(overlap[:, ::-1], axis=1)
    on_face = overlap.max(axis=1) > IOU_THRESHOLD
    counted = on_face & ~faces.ignored[face]
    hits = np.flatnonzero(counted)
    right = np.zeros(len(rows), bool)
    right[hits[np.unique(face[hits], return_index=True)[1]]] = True
    return _Judged(
        scores, right, ~on_face | (counted & ~right), faces.boxes[face].astype(np.float64), boxes
    )


def _curve(judged: _Judged, ground_truth: Mapping[str, BoxFaces]) -> Curve:
    found, missed = np.cumsum(judged.right), np.cumsum(judged.wrong)
    to_find = sum(int(np.sum(~faces.ignored)) for faces in ground_truth.values())
    return Curve.from_counts(found, found + missed, judged.scores, to_find)


def _fitted(predictions: Mapping[str, np.ndarray], judged: _Judged) -> dict[str, np.ndarray]:
    """All boxes moved and scaled as those that find a face differ from it in the mean."""
    if not judged.right.any():
        return dict(predictions)
    centres, sizes = _centres_and_sizes(judged.boxes[judged.right])
    wanted_centres, wanted_sizes = _centres_and_sizes(judged.faces[judged.right])
    move = ((wanted_centres - centres) / sizes).mean(axis=0)
    growth = (wanted_sizes / sizes).mean(axis=0)

    def fit(rows: np.ndarray) -> np.ndarray:
        centres, sizes = _centres_and_sizes(rows[:, :4])
        centres, half = centres + move * sizes, growth * sizes / 2
        return np.concatenate([centres - half, centres + half, rows[:, 4:]], axis=1)

    return {name: fit(rows) for name, rows in predictions.items()}


def _centres_and_sizes(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """x and y of the centre, and width and height, of boxes `(n, 4)`: float64 `(n, 2)` each."""
    boxes = boxes.astype(np.float64)
    return (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]


def without_small(faces: BoxFaces) -> BoxFaces:
    """The faces, those ignored too of which a side is below `SMALLEST_FACE`."""
    small = (faces.boxes[:, 2:] - faces.boxes[:, :2] < SMALLEST_FACE).any(axis=1)
    return BoxFaces(faces.boxes, faces.ignored | small)


def _large(rows: np.ndarray) -> np.ndarray:
    return rows[(rows[:, 2:4] - rows[:, :2] > SMALLEST_DETECTION).any(axis=1)]
