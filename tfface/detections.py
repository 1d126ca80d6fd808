"""The faces found in one picture."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Detection(NamedTuple):
    """One face: `box` float32 `(4,)`, x_min, y_min, x_max, y_max in pixels, and `score` in 0..1."""

    box: NDArray[np.float32]
    score: float


@dataclass(frozen=True, eq=False)
class Detections:
    """The faces of one picture, the surest first.

    Attributes:
        boxes: float32 `(n, 4)`: x_min, y_min, x_max, y_max in pixels of the picture that was
            given, cut to it.
        scores: float32 `(n,)` in 0..1, falling.

    Raises:
        ValueError: the shapes do not belong together, or the scores rise.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.scores.ndim != 1 or self.boxes.shape != (len(self.scores), 4):
            raise ValueError(
                "expected boxes of shape (n, 4) and scores of shape (n,), got "
                f"{self.boxes.shape} and {self.scores.shape}"
            )
        if np.any(self.scores[1:] > self.scores[:-1]):
            raise ValueError("expected falling scores, got rising ones; sort boxes and scores")

    def __len__(self) -> int:
        return len(self.scores)

    def __iter__(self) -> Iterator[Detection]:
        for box, score in zip(self.boxes, self.scores, strict=True):
            yield Detection(box, float(score))

    def to_json(self) -> list[dict[str, object]]:
        """For `json.dump`: `{"box": [x_min, y_min, x_max, y_max], "score": s}` for each face.

        Boxes are rounded to a thousandth of a pixel, scores to a millionth.
        """
        return [
            {"box": [round(float(edge), 3) for edge in box], "score": round(score, 6)}
            for box, score in self
        ]
