"""Average precision as COCO takes it, also by the size of faces (cocodataset.org/#detection-eval).

It follows `pycocotools.cocoeval.COCOeval` for one class: the curve at 101 recalls, boxes of at most
100 detections a picture, and IoU without an added pixel.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfface.evaluation.pictures import check_predictions
from tfface.evaluation.presentation import Line, per_cent, plot_lines, text_table

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0, 1, 101)
MOST_DETECTIONS = 100
"""Of a picture, those of the highest scores (`Params.setDetParams`)."""

AREAS = {"all": (0, 1e10), "small": (0, 32**2), "medium": (32**2, 96**2), "large": (96**2, 1e10)}
"""Square pixels, both ends belonging to the range, as in COCO."""


@dataclass(frozen=True, eq=False)
class BoxFaces:
    """The annotated faces of one picture.

    Attributes:
        boxes: `(n, 4)`, `x_min, y_min, x_max, y_max` in pixels.
        ignored: bool `(n,)`: a detection on such a face is neither right nor wrong, as on a crowd
            of COCO.
    """

    boxes: np.ndarray
    ignored: np.ndarray


@dataclass(frozen=True, eq=False)
class CocoResult:
    """What a detector reaches on the faces of some sizes.

    Attributes:
        precision: float64 `(10, 101)`, at each of `IOU_THRESHOLDS` and `RECALLS`.
        recall: float64 `(10,)`, the highest at each overlap.
        faces: number of faces to find.
    """

    precision: np.ndarray
    recall: np.ndarray
    faces: int

    @property
    def average_precision(self) -> float:
        """COCO's AP in 0..1, the mean over all overlaps; `nan` without faces."""
        return float(self.precision.mean()) if self.faces else float("nan")

    def at(self, iou: float) -> float:
        """AP in 0..1 at one of `IOU_THRESHOLDS`; `nan` without faces."""
        row = int(np.argmin(np.abs(IOU_THRESHOLDS - iou)))
        return float(self.precision[row].mean()) if self.faces else float("nan")

    @property
    def average_recall(self) -> float:
        """COCO's AR at 100 detections, in 0..1; `nan` without faces."""
        return float(self.recall.mean()) if self.faces else float("nan")

    def to_json(self) -> dict:
        """The numbers and the curves, ready for `json.dump`; what is undefined is None."""
        numbers = {
            "average_precision": self.average_precision,
            "average_precision_at_50": self.at(0.5),
            "average_precision_at_75": self.at(0.75),
            "average_recall": self.average_recall,
        }
        return {
            "faces": self.faces,
            **{name: number if self.faces else None for name, number in numbers.items()},
            "recalls": RECALLS.tolist(),
            "precision_at_50": self.precision[0].tolist() if self.faces else None,
        }


def overlaps(boxes: np.ndarray, others: np.ndarray, ignored: np.ndarray) -> np.ndarray:
    """IoU of every pair, `(n, 4)`, `(m, 4)` -> float64 `(n, m)` in 0..1.

    With an ignored one, bool `(m,)`, it is the part of the box that lies in it.
    """
    boxes, others = boxes.astype(np.float64), others.astype(np.float64)
    upper_left = np.maximum(boxes[:, None, :2], others[None, :, :2])
    lower_right = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    common = np.prod(np.maximum(lower_right - upper_left, 0), axis=-1)
    areas, other_areas = _areas(boxes), _areas(others)
    union = np.where(ignored, areas[:, None], areas[:, None] + other_areas - common)
    return np.divide(common, union, out=np.zeros_like(common), where=union > 0)


def match(
    overlap: np.ndarray, idle: np.ndarray, crowd: np.ndarray, threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs the detections of one picture, in order of falling score, with faces.

    A detection takes the face that it overlaps most of those that are free; one that does not count
    only where there is no other. A crowd may be taken again and again.

    Args:
        overlap: float `(n, m)`.
        idle: bool `(m,)`: faces that do not count, for their size or because they are ignored.
        crowd: bool `(m,)`: those that are ignored.
        threshold: from which a detection is on a face.

    Returns:
        `taken`, bool `(n,)`: it is on a face; `passed`, bool `(n,)`: on an idle one.
    """
    taken, passed = np.zeros(len(overlap), bool), np.zeros(len(overlap), bool)
    free = np.ones(overlap.shape[1], bool)
    for place, row in enumerate(overlap):
        for kind in (~idle, idle):
            usable = kind & (free | crowd) & (row >= min(threshold, 1 - 1e-10))
            if usable.any():
                face = _last_largest(np.where(usable, row, -1))
                taken[place], passed[place], free[face] = True, idle[face], False
                break
    return taken, passed


def evaluate_coco(
    predictions: Mapping[str, np.ndarray], ground_truth: Mapping[str, BoxFaces]
) -> dict[str, CocoResult]:
    """The results on all faces, and on small, medium and large ones.

    Args:
        predictions: per picture `(n, 5)`: `x_min, y_min, x_max, y_max` in pixels and the score, in
            any order. A picture that is absent has no detections.
        ground_truth: the faces of every picture that is evaluated. Where a picture has none, every
            detection is a false positive.

    Raises:
        ValueError: predictions of a wrong shape, with NaN or infinity, or for a picture that is not
            in the ground truth.
    """
    check_predictions(predictions, ground_truth, "as the annotations have them")
    return {name: _evaluate_range(predictions, ground_truth, *area) for name, area in AREAS.items()}


def _evaluate_range(
    predictions: Mapping[str, np.ndarray],
    ground_truth: Mapping[str, BoxFaces],
    smallest: float,
    largest: float,
) -> CocoResult:
    scores, taken, passed = [np.zeros(0)], [], []
    faces_to_find = 0
    for name, faces in ground_truth.items():
        areas = _areas(faces.boxes.astype(np.float64))
        idle = faces.ignored | (areas < smallest) | (areas > largest)
        faces_to_find += int(np.sum(~idle))
        rows = predictions.get(name, np.zeros((0, 5)))
        rows = rows[np.argsort(-rows[:, 4], kind="stable")][:MOST_DETECTIONS]
        overlap = overlaps(rows[:, :4], faces.boxes, faces.ignored)
        areas = _areas(rows[:, :4].astype(np.float64))
        other_size = (areas < smallest) | (areas > largest)
        pairs = [match(overlap, idle, faces.ignored, threshold) for threshold in IOU_THRESHOLDS]
        scores.append(rows[:, 4].astype(np.float64))
        taken.append(np.array([right for right, _ in pairs]))
        # What is on no face and of another size is not wrong here.
        passed.append(np.array([idly | (~right & other_size) for right, idly in pairs]))
    order = np.argsort(-np.concatenate(scores), kind="stable")
    empty = [np.zeros((len(IOU_THRESHOLDS), 0), bool)]
    all_taken = np.concatenate(empty + taken, axis=1)[:, order]
    all_passed = np.concatenate(empty + passed, axis=1)[:, order]
    rows_of = zip(all_taken & ~all_passed, ~all_taken & ~all_passed, strict=True)
    curves = [_curve(right, wrong, faces_to_find) for right, wrong in rows_of]
    return CocoResult(
        np.array([precision for precision, _ in curves]),
        np.array([recall for _, recall in curves]),
        faces_to_find,
    )


def _curve(right: np.ndarray, wrong: np.ndarray, faces: int) -> tuple[np.ndarray, float]:
    """The precision `(101,)` at `RECALLS` and the highest recall, of flags by falling score."""
    if not faces:
        return np.full(len(RECALLS), np.nan), np.nan
    found, missed = np.cumsum(right), np.cumsum(wrong)
    precision = found / np.maximum(found + missed, np.spacing(1))
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    recall = found / faces
    places = np.searchsorted(recall, RECALLS, side="left")
    return np.append(envelope, 0.0)[places], float(recall[-1]) if len(recall) else 0.0


def _areas(boxes: np.ndarray) -> np.ndarray:
    return np.prod(boxes[:, 2:] - boxes[:, :2], axis=-1)


def _last_largest(values: np.ndarray) -> int:
    """The place of the largest value; of equal ones the last, as COCO's loop leaves it."""
    return len(values) - 1 - int(np.argmax(values[::-1]))


def format_table(results: Mapping[str, CocoResult]) -> str:
    """A text table of AP, AP at 0.5 and 0.75 and AR in per cent, one line for each size."""
    rows = [
        (
            name,
            result.faces,
            per_cent(result.average_precision),
            per_cent(result.at(0.5)),
            per_cent(result.at(0.75)),
            per_cent(result.average_recall),
        )
        for name, result in results.items()
    ]
    return text_table(("faces of size", "faces", "AP", "AP50", "AP75", "AR"), rows)


def plot_curves(results: Mapping[str, CocoResult], path: Path, title: str) -> None:
    """Draws precision over recall at an overlap of 0.5 into a PNG file, one line for each size."""
    lines = [
        Line(f"{name}: {per_cent(result.at(0.5))}", RECALLS, result.precision[0])
        for name, result in results.items()
        if result.faces
    ]
    plot_lines(path, title, lines, legend="AP at IoU 0.5, %")
