"""The official evaluation of WIDER FACE (arXiv:1511.06523): easy, medium and hard.

It follows the authors' MATLAB tool `eval_tools` step by step, so that its numbers stand beside
published ones. Only NumPy is needed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tfface.evaluation.curves import Curve
from tfface.evaluation.pictures import check_predictions

SETTINGS = ("easy", "medium", "hard")
"""The three sets of faces, each containing the one before it."""

IOU_THRESHOLD = 0.5
"""A detection finds a face at this overlap or a larger one (`wider_eval.m`: IoU_thresh)."""

THRESHOLDS = 1000
"""Points on a curve (`wider_eval.m`: thresh_num)."""

OVERLAPS = (0.5, 0.6, 0.7, 0.8)
"""At which AP of the hard setting is published, "inspired by MS COCO" (RefineFace, Table 3). Its
code is not: that the official tool was run with other thresholds is a guess."""

_NAMES = "relative to WIDER_val/images, such as '0--Parade/0_Parade_Parade_0_1.jpg'"


@dataclass(frozen=True, eq=False)
class WiderFaces:
    """The annotated faces of one picture.

    Attributes:
        boxes: float32 `(n, 4)`, `x_min, y_min, x_max, y_max` in pixels.
        counted: for every setting, bool `(n,)`: True where the face is to be found. A detection on
            any other face is neither right nor wrong.
    """

    boxes: np.ndarray
    counted: Mapping[str, np.ndarray]


def overlaps(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of every pair, `(n, 4)`, `(m, 4)` -> float64 `(n, m)` in 0..1.

    Every width and height has one pixel added, as in the official tool; the rest of tfface does not
    do so.
    """
    boxes, others = boxes.astype(np.float64), others.astype(np.float64)
    upper_left = np.maximum(boxes[:, None, :2], others[None, :, :2])
    lower_right = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    intersection = np.prod(np.maximum(lower_right - upper_left + 1, 0), axis=-1)
    areas, other_areas = (np.prod(b[:, 2:] - b[:, :2] + 1, axis=-1) for b in (boxes, others))
    return intersection / (areas[:, None] + other_areas[None, :] - intersection)


def normalise(scores: np.ndarray, smallest: float, largest: float) -> np.ndarray:
    """Scores `(n,)` mapped to 0..1, float64, from the range of the scores of all pictures.

    Where all scores are equal the official tool divides 0 by 0; here they all become 1.
    """
    if largest == smallest:
        return np.ones(len(scores))
    return (scores.astype(np.float64) - smallest) / (largest - smallest)


def match(
    overlap: np.ndarray, counted: np.ndarray, iou_threshold: float = IOU_THRESHOLD
) -> tuple[np.ndarray, np.ndarray]:
    """Judges the detections of one picture against its faces.

    Args:
        overlap: float `(n, m)` of n detections in order of falling score and m >= 1 faces.
        counted: bool `(m,)`, False for faces that are ignored.
        iou_threshold: from which a detection is on a face.

    Returns:
        `proposals`, bool `(n,)`: True where the detection counts, right or wrong.
        `found`, bool `(n,)`: True where it is the first one on a face that counts.
    """
    # A detection belongs to the face it overlaps most, ignored or not; no second best is tried.
    face = overlap.argmax(axis=1)
    on_face = overlap.max(axis=1) >= iou_threshold
    # On an ignored face it does not count at all. Elsewhere it counts: what finds no face, or one
    # that a higher score has found already, is a false positive.
    proposals = ~(on_face & ~counted[face])
    hits = np.flatnonzero(on_face & counted[face])
    first_hits = hits[np.unique(face[hits], return_index=True)[1]]
    found = np.zeros(len(face), dtype=bool)
    found[first_hits] = True
    return proposals, found


def evaluate_wider(
    predictions: Mapping[str, np.ndarray],
    ground_truth: Mapping[str, WiderFaces],
    iou_threshold: float = IOU_THRESHOLD,
    settings: Sequence[str] = SETTINGS,
) -> dict[str, Curve]:
    """The curves of the easy, medium and hard setting.

    Args:
        predictions: per picture `(n, 5)`: `x_min, y_min, x_max, y_max` in pixels and the score, in
            any order and any range of scores. Keep low scores (0.02 and up): a high threshold costs
            several points on hard. A picture that is absent has no detections.
        ground_truth: the faces of every picture that is evaluated.
        iou_threshold: 0.5 in the official tool; with higher ones boxes have to fit better.
        settings: others, if the ground truth has them.

    Raises:
        ValueError: predictions of a wrong shape, with NaN or infinity, or for a picture that is not
            in the ground truth.
    """
    check_predictions(predictions, ground_truth, _NAMES)
    smallest, largest = _score_range(predictions)
    scores: list[np.ndarray] = []
    proposals: dict[str, list[np.ndarray]] = {setting: [] for setting in settings}
    found: dict[str, list[np.ndarray]] = {setting: [] for setting in settings}
    for name, rows in predictions.items():
        faces = ground_truth[name]
        # Pictures without any annotated face or any detection are passed over: false positives in
        # the former are never counted.
        if not len(faces.boxes) or not len(rows):
            continue
        rows = rows[np.argsort(-rows[:, 4], kind="stable")]
        overlap = overlaps(rows[:, :4], faces.boxes)
        scores.append(normalise(rows[:, 4], smallest, largest))
        for setting in settings:
            is_proposal, is_found = match(overlap, faces.counted[setting], iou_threshold)
            proposals[setting].append(is_proposal)
            found[setting].append(is_found)

    thresholds = 1 - np.arange(1, THRESHOLDS + 1) / THRESHOLDS
    all_scores = np.concatenate([np.zeros(0), *scores])
    curves = {}
    for setting in settings:
        # Every face that counts is to be found, also in pictures without detections.
        faces_to_find = sum(int(faces.counted[setting].sum()) for faces in ground_truth.values())
        curves[setting] = Curve.from_counts(
            _count_at(thresholds, all_scores, found[setting]),
            _count_at(thresholds, all_scores, proposals[setting]),
            smallest + thresholds * (largest - smallest),
            faces_to_find,
        )
    return curves


def evaluate_by_overlap(
    predictions: Mapping[str, np.ndarray], ground_truth: Mapping[str, WiderFaces]
) -> dict[str, Curve]:
    """The curves of the hard setting at each of `OVERLAPS`, by "hard at 0.5", ...

    Arguments and errors are as of `evaluate_wider`.
    """
    hard = SETTINGS[-1]
    return {
        f"{hard} at {overlap}": evaluate_wider(predictions, ground_truth, overlap, [hard])[hard]
        for overlap in OVERLAPS
    }


def _count_at(thresholds: np.ndarray, scores: np.ndarray, flags: list[np.ndarray]) -> np.ndarray:
    """How many flagged detections score at least each threshold, int64 `(t,)`."""
    flagged = np.sort(scores[np.concatenate([np.zeros(0, dtype=bool), *flags])])
    return len(flagged) - np.searchsorted(flagged, thresholds, side="left")


def _score_range(predictions: Mapping[str, np.ndarray]) -> tuple[float, float]:
    """The smallest and largest score of all predictions; 0 and 1 where there is none."""
    scores = np.concatenate([np.zeros(0), *(rows[:, 4] for rows in predictions.values())])
    return (float(scores.min()), float(scores.max())) if len(scores) else (0.0, 1.0)
