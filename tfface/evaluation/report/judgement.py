"""Which detections are right and which faces are found, at whatever threshold."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfface.evaluation.report.faces import PictureFaces
from tfface.evaluation.wider import IOU_THRESHOLD, match

NEAR_IOU = 0.25
"""From this overlap on a box that does not find a face is at least near it."""

NEVER = -np.inf
"""Score of what is not there."""


@dataclass(frozen=True, eq=False)
class FaceTable:
    """All faces of all pictures.

    Attributes:
        names: of the pictures.
        picture: int64 `(f,)`, place of each face's picture in `names`.
        boxes: float32 `(f, 4)`.
        counted: bool `(f,)`.
        attributes: int64 `(f,)` by name.
    """

    names: list[str]
    picture: NDArray[np.int64]
    boxes: NDArray[np.float32]
    counted: NDArray[np.bool_]
    attributes: Mapping[str, NDArray[np.int64]]

    @classmethod
    def of(cls, pictures: Mapping[str, PictureFaces]) -> "FaceTable":
        """The table of the faces by picture."""
        faces = list(pictures.values())
        numbers = [np.full(len(entry.boxes), place) for place, entry in enumerate(faces)]
        return cls(
            list(pictures),
            np.concatenate([np.zeros(0, np.int64), *numbers]),
            np.concatenate([np.zeros((0, 4), np.float32), *(entry.boxes for entry in faces)]),
            np.concatenate([np.zeros(0, bool), *(entry.counted for entry in faces)]),
            {
                name: np.concatenate([entry.attributes[name] for entry in faces])
                for name in (faces[0].attributes if faces else ())
            },
        )


@dataclass(frozen=True, eq=False)
class Judgement:
    """The detections of one detector in all pictures, scores falling, and the faces found.

    Attributes:
        picture: int64 `(n,)`, place of each detection's picture in the table of faces.
        boxes: float `(n, 4)`.
        scores: float `(n,)`, falling.
        face: int64 `(n,)`, the face that each is on, as its place in the table; -1 for none.
        overlap: float `(n,)`, the largest with any face.
        right: bool `(n,)`: it is the first on a face that counts.
        wrong: bool `(n,)`: it is on no face, or on one that a higher score has found. What is
            neither is on a face that does not count.
        found: float `(f,)`, the score at which each face is found, `NEVER` where it is not.
        near: float `(f,)`, the highest score of a box that is near a face, and on none.
    """

    picture: NDArray[np.int64]
    boxes: NDArray[np.floating]
    scores: NDArray[np.floating]
    face: NDArray[np.int64]
    overlap: NDArray[np.floating]
    right: NDArray[np.bool_]
    wrong: NDArray[np.bool_]
    found: NDArray[np.float64]
    near: NDArray[np.float64]

    def threshold_at(self, false_positives: int) -> float:
        """The lowest score above which there are at most so many wrong detections.

        That of the lowest detection where there are fewer; infinity where there are none at all.
        """
        kept = np.cumsum(self.wrong) <= false_positives
        # Of equal scores all come in together.
        if not kept.all():
            kept &= self.scores > self.scores[np.argmin(kept)]
        return float(self.scores[kept][-1]) if kept.any() else np.inf


def judge(predictions: Mapping[str, np.ndarray], pictures: Mapping[str, PictureFaces]) -> Judgement:
    """Judges detections as the protocol of WIDER FACE does: by score, one to a face.

    Args:
        predictions: `(n, 5)` by picture, as `check_predictions` wants them; a picture that is
            absent has none.
        pictures: the faces of all pictures.
    """
    faces = sum(len(entry.boxes) for entry in pictures.values())
    found, near = np.full(faces, NEVER), np.full(faces, NEVER)
    columns: list[list[np.ndarray]] = []
    first = 0
    for place, (name, entry) in enumerate(pictures.items()):
        rows = predictions.get(name, np.zeros((0, 5)))
        rows = rows[np.argsort(-rows[:, 4], kind="stable")]
        here = slice(first, first + len(entry.boxes))
        first = here.stop
        face, closest = np.full(len(rows), -1), np.zeros(len(rows))
        counts, right = np.ones(len(rows), bool), np.zeros(len(rows), bool)
        if len(rows) and len(entry.boxes):
            overlap = entry.overlap(rows[:, :4])
            closest = overlap.max(axis=1)
            on_face = closest >= IOU_THRESHOLD
            face[on_face] = here.start + overlap.argmax(axis=1)[on_face]
            counts, right = match(overlap, entry.counted)
            found[face[right]] = rows[right, 4]
            loose = np.where((overlap >= NEAR_IOU) & ~on_face[:, None], rows[:, 4:], NEVER)
            near[here] = loose.max(axis=0)
        numbers = np.full(len(rows), place)
        columns.append([numbers, rows, face, closest, right, counts & ~right])
    nothing = np.zeros(0, int)
    empty = [nothing, np.zeros((0, 5)), nothing, np.zeros(0), np.zeros(0, bool), np.zeros(0, bool)]
    picture, rows, face, closest, right, wrong = (
        np.concatenate(parts) for parts in zip(empty, *columns, strict=True)
    )
    falling = np.argsort(-rows[:, 4], kind="stable")
    return Judgement(
        picture[falling],
        rows[falling, :4],
        rows[falling, 4],
        face[falling],
        closest[falling],
        right[falling],
        wrong[falling],
        found,
        near,
    )
