"""What every reader of annotations returns: samples, and a report of what was left out and why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

OUTSIDE = "box outside the picture"


@dataclass(frozen=True, eq=False)
class Sample:
    """A picture on disk and its faces.

    Attributes:
        path: where the picture lies.
        name: the picture, relative to the folder of the pictures, with `/` between folders.
        boxes: float32 `(n, 4)`, `(x_min, y_min, x_max, y_max)` in pixels of the upright picture;
            a reader does not know the size of the picture, so they may reach outside it.
        ignored: bool `(n,)`, true for faces that are neither to be found nor background.
        scores: float32 `(n,)`, how sure the detector was that drew each, 1 of what people drew;
            None of layouts without scores.
        stated_size: width and height of the picture that the boxes are of, as the list says; None
            where it does not.

    Raises:
        ValueError: the shapes of `boxes`, `ignored` and `scores` do not fit together.
    """

    path: Path
    name: str
    boxes: np.ndarray
    ignored: np.ndarray
    scores: np.ndarray | None = None
    stated_size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if self.boxes.shape != (len(self.ignored), 4) or self.ignored.ndim != 1:
            raise ValueError(
                f"{self.name}: expected boxes (n, 4) and ignored (n,), got {self.boxes.shape} and "
                f"{self.ignored.shape}; give a picture without faces boxes of shape (0, 4)"
            )
        if self.scores is not None and self.scores.shape != self.ignored.shape:
            raise ValueError(
                f"{self.name}: expected a score for each of {len(self.ignored)} faces, or None, "
                f"got {self.scores.shape}"
            )

    def with_edges_moved(self, moves: Sequence[float]) -> Self:
        """The sample with the edges of every box moved.

        Data sets draw faces differently, and a detector that learns from two of them draws
        something between.

        Args:
            moves: of the left, upper, right and lower edge, in widths and heights of the box;
                positive ones go right and down.
        """
        sizes = self.boxes[:, 2:] - self.boxes[:, :2]
        boxes = self.boxes + np.tile(sizes, (1, 2)) * np.asarray(moves, np.float32)
        return replace(self, boxes=boxes)

    def cut_to(self, width: int, height: int) -> Self:
        """The sample with boxes cut to a picture of this size, without those `OUTSIDE` of it."""
        boxes = np.clip(self.boxes, 0, (width, height) * 2).astype(np.float32)
        inside = np.all(boxes[:, 2:] > boxes[:, :2], axis=1)
        scores = None if self.scores is None else self.scores[inside]
        return replace(self, boxes=boxes[inside], ignored=self.ignored[inside], scores=scores)


@dataclass
class ReadReport:
    """Counts of what was read, and by reason and picture what was left out.

    Attributes:
        pictures: pictures kept, with or without faces.
        faces: faces kept, the ignored ones included.
        ignored_faces: faces kept but marked as ignored.
        dropped_faces: reason -> name of the picture -> number of faces left out.
        dropped_pictures: reason -> names of the pictures left out, with all their faces.
    """

    pictures: int = 0
    faces: int = 0
    ignored_faces: int = 0
    dropped_faces: dict[str, Counter[str]] = field(default_factory=dict)
    dropped_pictures: dict[str, list[str]] = field(default_factory=dict)

    def keep(self, ignored: np.ndarray) -> None:
        """Counts a picture and its faces, given by their bool `(n,)` of ignored ones."""
        self.pictures += 1
        self.faces += len(ignored)
        self.ignored_faces += int(np.sum(ignored))

    def drop_faces(self, reason: str, name: str, count: int = 1) -> None:
        """Notes that `count` faces of the picture `name` were left out; 0 notes nothing."""
        if count:
            self.dropped_faces.setdefault(reason, Counter())[name] += count

    def drop_picture(self, reason: str, name: str) -> None:
        """Notes that the picture `name` was left out."""
        self.dropped_pictures.setdefault(reason, []).append(name)

    def add(self, other: Self) -> None:
        """Adds all that `other` counted."""
        self.pictures += other.pictures
        self.faces += other.faces
        self.ignored_faces += other.ignored_faces
        self.add_dropped(other)

    def add_dropped(self, other: Self) -> None:
        """Adds what `other` left out, not what it kept: for the report of an earlier step."""
        for reason, counts in other.dropped_faces.items():
            self.dropped_faces.setdefault(reason, Counter()).update(counts)
        for reason, names in other.dropped_pictures.items():
            self.dropped_pictures.setdefault(reason, []).extend(names)

    def summary(self) -> str:
        """A few lines for a person: what was kept, then one line a reason, with the first names."""
        kept = f"{self.pictures} pictures, {self.faces} faces ({self.ignored_faces} ignored)"
        return "\n".join([kept, *self.dropped()])

    def dropped(self) -> list[str]:
        """A line for every reason to leave something out, with the first names."""
        lines = []
        for reason, counts in sorted(self.dropped_faces.items()):
            lines.append(f"dropped faces, {reason}: {counts.total()} in {_first_names(counts)}")
        for reason, names in sorted(self.dropped_pictures.items()):
            lines.append(f"dropped pictures, {reason}: {len(names)}, {_first_names(names)}")
        return lines

    def to_json(self) -> dict[str, Any]:
        """The whole report as a value for `json.dump`; `from_json` reads it back."""
        return {
            "pictures": self.pictures,
            "faces": self.faces,
            "ignored_faces": self.ignored_faces,
            "dropped_faces": {reason: dict(c) for reason, c in sorted(self.dropped_faces.items())},
            "dropped_pictures": dict(sorted(self.dropped_pictures.items())),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The report that `to_json` wrote, whatever else stands beside it in `value`."""
        return cls(
            pictures=value["pictures"],
            faces=value["faces"],
            ignored_faces=value["ignored_faces"],
            dropped_faces={reason: Counter(c) for reason, c in value["dropped_faces"].items()},
            dropped_pictures={reason: list(n) for reason, n in value["dropped_pictures"].items()},
        )


def _first_names(names: Counter[str] | list[str], shown: int = 3) -> str:
    rest = len(names) - shown
    return ", ".join(list(names)[:shown]) + (f" and {rest} more" if rest > 0 else "")
