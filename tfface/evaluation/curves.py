"""Precision-recall curves: the area under them, what they say of errors, a table and a plot."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfface.evaluation.presentation import Line, per_cent, plot_lines, text_table

RECALLS = (0.1, 0.3, 0.5, 0.8)
"""At which numbers of false positives are published (RefineFace, Table 5, of the hard setting)."""


@dataclass(frozen=True, eq=False)
class Curve:
    """Precision and recall of a detector as its score threshold falls.

    Attributes:
        precision: float64 `(t,)` in 0..1; 0 where nothing is detected yet.
        recall: float64 `(t,)` in 0..1, never falling; all `nan` when there are no faces to find.
        thresholds: float64 `(t,)`, falling, in the units of the detector's own scores.
        faces: number of faces to find.
    """

    precision: np.ndarray
    recall: np.ndarray
    thresholds: np.ndarray
    faces: int

    @classmethod
    def from_counts(
        cls, found: np.ndarray, proposals: np.ndarray, thresholds: np.ndarray, faces: int
    ) -> "Curve":
        """The curve of `found` faces among `proposals` detections at each threshold, all `(t,)`.

        A threshold without proposals (0/0) gets precision 0. That changes no area: its recall is 0,
        and MATLAB's `max` passes over the NaN it has there.
        """
        precision = np.divide(
            found, proposals, out=np.zeros(len(thresholds)), where=np.asarray(proposals) > 0
        )
        recall = found / faces if faces else np.full(len(thresholds), np.nan)
        return cls(precision, recall, thresholds, faces)

    @property
    def average_precision(self) -> float:
        """Area under the curve in 0..1 (see `average_precision`); `nan` without faces to find."""
        return average_precision(self.precision, self.recall) if self.faces else float("nan")

    def false_positives_at(self, recall: float) -> int | None:
        """Detections that are no face where the curve first has that recall, in 0..1.

        None where it never has (RefineFace, Table 5).
        """
        reached = np.flatnonzero(self.recall >= recall)
        if not len(reached):
            return None
        found = self.recall[reached[0]] * self.faces
        return round(found / self.precision[reached[0]] - found) if found else 0

    def to_json(self) -> dict:
        """The curve as lists, ready for `json.dump`; an undefined area or recall is None."""
        return {
            "average_precision": self.average_precision if self.faces else None,
            "faces": self.faces,
            "false_positives_at_recall": {str(r): self.false_positives_at(r) for r in RECALLS},
            "thresholds": self.thresholds.tolist(),
            "precision": self.precision.tolist(),
            "recall": self.recall.tolist() if self.faces else None,
        }


def average_precision(precision: np.ndarray, recall: np.ndarray) -> float:
    """Area in 0..1 under the curve as PASCAL VOC takes it since 2010, over every change of recall.

    Both are `(t,)` in 0..1, in order of falling threshold. The curve starts at recall 0 and ends at
    recall 1 with precision 0; the precision at a recall is the best one at that recall or higher.
    """
    recall = np.concatenate([[0.0], recall, [1.0]])
    precision = np.concatenate([[0.0], precision, [0.0]])
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall) * envelope[1:]))


def format_table(curves: Mapping[str, Curve]) -> str:
    """A text table of the average precision in per cent, one line a curve."""
    rows = [(name, c.faces, per_cent(c.average_precision)) for name, c in curves.items()]
    return text_table(("setting", "faces", "AP"), rows)


def format_errors(curves: Mapping[str, Curve]) -> str:
    """The same, and the numbers of false positives at `RECALLS`; a dash where none is reached."""
    heading = ("setting", "faces", "AP", *(f"false at {100 * r:.0f} %" for r in RECALLS))
    rows = []
    for name, curve in curves.items():
        errors = (curve.false_positives_at(recall) for recall in RECALLS)
        shown = ("-" if number is None else number for number in errors)
        rows.append((name, curve.faces, per_cent(curve.average_precision), *shown))
    return text_table(heading, rows)


def plot_curves(curves: Mapping[str, Curve], path: Path, title: str) -> None:
    """Draws the curves that have faces to find into a PNG file at `path`, with their areas."""
    plot_lines(path, title, [_line(name, curve) for name, curve in curves.items() if curve.faces])


def _line(name: str, curve: Curve) -> Line:
    detected = curve.precision > 0
    label = f"{name}: {per_cent(curve.average_precision)}"
    return Line(label, curve.recall[detected], curve.precision[detected])
