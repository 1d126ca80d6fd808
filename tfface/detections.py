"""The faces found in one picture."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfface.anonymising import blur_faces, crop_faces, pixelate_faces
from tfface.predict.packages import import_optional
from tfface.rgb import Image
from tfface.sources import is_array, load_picture, reversed_colours


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
        source: the picture they were found in, as it was given: a path is read again where `draw`
            and the like need its pixels, so that results of many files keep no pictures. An array
            is kept: `dataclasses.replace(detections, source=None)` lets it go.
        bgr: whether arrays have blue first: then pictures made from one are so too. Of a path,
            bytes or a picture of Pillow it says nothing.

    Raises:
        ValueError: the shapes do not belong together, or the scores rise.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    source: Any = field(default=None, repr=False)
    bgr: bool = field(default=False, repr=False)

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

    def to_dict(self) -> dict[str, object]:
        """For `json.dump`: `{"faces": [...]}` as of `to_json`, and `"file"` of a picture file."""
        file = {"file": os.fspath(self.source)} if self._is_of_a_file() else {}
        return {**file, "faces": self.to_json()}

    def draw(self, image: Any = None) -> Image:
        """A copy of the picture with a frame and a score for every face: uint8 `(H, W, 3)`.

        Args:
            image: another picture of that size; as all of `draw`, `crops`, `blur` and `pixelate`.

        Raises:
            ValueError: there is no picture, neither `source` nor `image`.
        """
        from tfface.drawing import draw_detections  # which knows this class

        return self._given_order(draw_detections(self._pixels(image), self), image)

    def crops(self, margin: float = 0.0, image: Any = None) -> list[Image]:
        """Every face as a picture of its own, the surest first.

        Args:
            margin: share of the sides of its box that is added on every side, inside the picture.
            image: as of `draw`.
        """
        faces = crop_faces(self._pixels(image), self.boxes, margin)
        return [self._given_order(face, image) for face in faces]

    def blur(self, image: Any = None) -> Image:
        """A copy of the picture with every face blurred beyond recognition."""
        return self._given_order(blur_faces(self._pixels(image), self.boxes), image)

    def pixelate(self, image: Any = None) -> Image:
        """A copy of the picture with every face in a few large blocks."""
        return self._given_order(pixelate_faces(self._pixels(image), self.boxes), image)

    def to_pandas(self) -> Any:
        """A `pandas.DataFrame` with the columns x_min, y_min, x_max, y_max and score.

        Raises:
            tfface.predict.packages.MissingPackageError: pandas is not installed.
        """
        pandas = import_optional("pandas")
        columns = dict(zip(("x_min", "y_min", "x_max", "y_max"), self.boxes.T, strict=True))
        return pandas.DataFrame({**columns, "score": self.scores})

    def to_supervision(self) -> Any:
        """A `supervision.Detections`, all of class 0.

        Raises:
            tfface.predict.packages.MissingPackageError: supervision is not installed.
        """
        supervision = import_optional("supervision")
        return supervision.Detections(
            xyxy=self.boxes, confidence=self.scores, class_id=np.zeros(len(self), int)
        )

    def _pixels(self, image: Any) -> Image:
        if self._given(image) is None:
            raise ValueError(
                "expected a picture to work on, got detections without one; pass it as image="
            )
        return load_picture(self._given(image), self.bgr)

    def _given(self, image: Any) -> Any:
        return self.source if image is None else image

    def _given_order(self, made: Image, image: Any) -> Image:
        """What was made from a picture, RGB, with the order of colours that this has."""
        return reversed_colours(made) if self.bgr and is_array(self._given(image)) else made

    def _is_of_a_file(self) -> bool:
        return isinstance(self.source, str | os.PathLike)
