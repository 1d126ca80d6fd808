"""Which faces a detector misses, which of them another one finds, and where it sees faces."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfface.evaluation.report.judgement import NEVER, FaceTable, Judgement

LOW, OFF, NOTHING = REASONS = ("low score", "box off", "nothing there")
"""Why a face is missed: a box on it whose score is too low, one beside it, or none."""


@dataclass(frozen=True, eq=False)
class Entry:
    """A detector in a report.

    Attributes:
        name: of the detector.
        judgement: of its detections.
        threshold: of the score, from which on it is compared.
    """

    name: str
    judgement: Judgement
    threshold: float

    @property
    def finds(self) -> NDArray[np.bool_]:
        """Bool `(f,)`: the faces that it finds, those that do not count among them."""
        return self.judgement.found >= self.threshold

    def has_there(self, face: int) -> tuple[str, float]:
        """What it has at a face that it misses, one of `REASONS`, and the score of that."""
        judgement = self.judgement
        if judgement.found[face] > NEVER:
            return LOW, float(judgement.found[face])
        if judgement.near[face] > NEVER:
            return OFF, float(judgement.near[face])
        return NOTHING, NEVER


def worst_misses(
    entry: Entry, others: Sequence[Entry], table: FaceTable, limit: int
) -> NDArray[np.int64]:
    """Faces that count and are missed: first those that most others find, and of them the largest.

    Returns:
        Places in the table, int64 `(k,)`, at most `limit`.
    """
    missed = np.flatnonzero(table.counted & ~entry.finds)
    finders = np.sum([other.finds[missed] for other in others], axis=0, dtype=int)
    heights = table.boxes[missed, 3] - table.boxes[missed, 1]
    return missed[np.lexsort((-heights, np.broadcast_to(-finders, heights.shape)))][:limit]


def missed_but_found_by(entry: Entry, other: Entry, table: FaceTable) -> NDArray[np.int64]:
    """Faces that count, `entry` misses and `other` finds, those first of which that is surest.

    Returns:
        Places in the table, int64 `(k,)`.
    """
    faces = np.flatnonzero(table.counted & ~entry.finds & other.finds)
    return faces[np.argsort(-other.judgement.found[faces], kind="stable")]


def surest_false_alarms(entry: Entry, limit: int) -> NDArray[np.int64]:
    """The wrong detections of the highest scores: places in the judgement, int64 `(k,)`."""
    return np.flatnonzero(entry.judgement.wrong)[:limit]
