"""The way from a picture to its faces, whatever runs the detector."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tfface.detections import Detections
from tfface.image import Image, to_rgb
from tfface.nms import non_max_suppression
from tfface.packaged import PRECISIONS
from tfface.predict.keras_model import KerasRuntime, load_keras_file
from tfface.predict.litert import LiteRTRuntime
from tfface.predict.placement import place
from tfface.predict.runtime import Faces, ModelError, Runtime
from tfface.predict.saved_model import SavedModelRuntime
from tfface.predict.signature import check_finite
from tfface.predict.strategy import Strategy, parse_strategy
from tfface.predict.suppression import IOU_THRESHOLD
from tfface.predict.view import View
from tfface.presets import PRESETS
from tfface.voting import vote


class FaceDetector:
    """Finds the faces in pictures of any size.

    Args:
        runtime: a loaded detector; `from_preset` and `from_model` make one.

    Raises:
        TypeError: something else, such as the name of a preset.
    """

    def __init__(self, runtime: Runtime) -> None:
        if not callable(getattr(runtime, "run", None)):
            raise TypeError(f"expected a loaded detector, got {_instead_of_a_runtime(runtime)}")
        self._runtime = runtime

    @classmethod
    def from_preset(
        cls,
        name_or_path: str | os.PathLike[str],
        threads: int = 1,
        precision: str = PRECISIONS[0],
        isolated: bool = False,
    ) -> "FaceDetector":
        """Loads a detector.

        Args:
            name_or_path: the name of a preset (`tfface.presets.PRESETS`), or the path of a TFLite
                file, a `.keras` file or a SavedModel folder.
            threads: processor threads that one picture may use in a TFLite file; TensorFlow and
                Keras have settings of their own.
            precision: of a preset: float32, or smaller and faster dynamic or int8 (its model card
                says what they cost). A file has its own.
            isolated: run it in a process of its own, so that a model that crashes, hangs or fills
                the memory is a ModelError here. Models are programs: load those that you trust. A
                TFLite file is verified first, and a `.keras` file runs no code of its own, but a
                SavedModel may read and write files, isolated or not.

        Raises:
            tfface.predict.runtime.ModelError: neither a preset nor a file, damaged, or no detector.
            ValueError: a precision that the preset lacks, or one beside the path of a file.
            FileNotFoundError, ValueError: the file of a preset is missing or damaged.
            ImportError: what runs it is not installed; the message says what to install.
        """
        if isolated:
            from tfface.predict.isolated import IsolatedRuntime

            return cls(IsolatedRuntime(os.fspath(name_or_path), threads, precision))
        return cls(open_runtime(name_or_path, threads, precision))

    @classmethod
    def from_model(cls, keras_model: Any) -> "FaceDetector":
        """Wraps a Keras detector (`tfface.FaceBoxesImproved()`, ...), trained or in training.

        Raises:
            TypeError: not a detector of tfface.
        """
        return cls(KerasRuntime(keras_model))

    def detect(
        self,
        image: NDArray[Any],
        threshold: float = 0.5,
        long_side: int | None = None,
        strategy: Strategy | str | None = None,
    ) -> Detections:
        """Finds the faces in one picture.

        Args:
            image: RGB uint8 `(H, W, 3)`, 0..255; what else is taken, `tfface.image.to_rgb` says.
            threshold: the lowest score to return, in 0..1.
            long_side: pixels to scale the longer side of the picture to before the search. Larger
                finds smaller faces and takes longer. None reduces larger pictures to
                `tfface.predict.placement.LONG_SIDE` and leaves smaller ones as they are; 0 searches
                at the picture's own size, up to about `LARGEST_INPUT` pixels there, to which larger
                ones are reduced. A detector of one fixed size scales the picture to fit.
            strategy: instead of `long_side`, several looks whose faces are joined, such as
                "pyramid" or "tiles": see `tfface.predict.strategy.parse_strategy`.

        Returns:
            Boxes in pixels of `image`, cut to it, and scores, falling.

        Raises:
            TypeError, ValueError: a picture, threshold, long side or strategy as described is not
                given.
            tfface.predict.runtime.ModelError: the detector fails on this picture.
        """
        if not 0 <= threshold <= 1:
            raise ValueError(f"expected a threshold in 0..1, got {threshold}")
        if strategy is not None and long_side is not None:
            raise ValueError("expected a long_side or a strategy, got both; give one of them")
        image = to_rgb(image)
        if strategy is None:
            return _falling(*self._search(image, threshold, long_side))
        if isinstance(strategy, str):
            strategy = parse_strategy(strategy)
        return self._join(image, threshold, strategy.views(image.shape[:2]))

    def _search(self, image: Image, threshold: float, long_side: int | None) -> Faces:
        """Boxes in pixels of `image`, cut to it, and scores, in any order."""
        placement = place(image.shape[:2], long_side, self._runtime.fixed_size)
        boxes, scores = self._runtime.run(placement.apply(image))
        check_finite("the detector", scores=scores)
        confident = scores >= threshold
        check_finite("the detector", boxes=boxes[confident])
        boxes, scores = placement.to_picture(boxes[confident]), scores[confident]
        # A box in the padding has no area once it is cut.
        visible = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
        return boxes[visible], scores[visible]

    def _join(self, image: Image, threshold: float, views: Sequence[View]) -> Detections:
        """The faces of all views; where several see one, their boxes vote on it."""
        found = []
        for view in views:
            boxes, scores = self._search(view.cut(image), threshold, view.long_side)
            boxes = view.to_picture(boxes)
            whole = view.has_whole(boxes, image.shape[:2])
            found.append((boxes[whole], scores[whole]))
        boxes, scores = (np.concatenate(each) for each in zip(*found, strict=True))
        if len(views) == 1 or not len(scores):
            return _falling(boxes, scores)
        kept = non_max_suppression(boxes, scores, IOU_THRESHOLD)
        return _falling(vote(boxes, scores, kept), scores[kept])

    def masks(self, image: NDArray[Any], long_side: int | None = None) -> list[NDArray[np.bool_]]:
        """Which parts of a picture the feature maps of a detector keep (feature_masking).

        Args:
            image, long_side: as of `detect`.

        Returns:
            Of every masked level, the finest first, bool `(H, W)`, true where it keeps a pixel.

        Raises:
            ValueError: the detector has no masks, or is no Keras detector: a TFLite file and a
                SavedModel return faces alone.
        """
        if not isinstance(self._runtime, KerasRuntime):
            raise ValueError(
                "expected a Keras detector, whose masks are an output, such as a .keras file or "
                f"the folder of a run, got {type(self._runtime).__name__}"
            )
        image = to_rgb(image)
        placement = place(image.shape[:2], long_side, None)
        height, width = placement.scaled
        return [
            cv2.resize(
                mask[:height, :width].astype(np.uint8),
                placement.picture[::-1],
                interpolation=cv2.INTER_NEAREST,
            ).astype(bool)
            for mask in self._runtime.masks(placement.apply(image))
        ]


def _falling(boxes: NDArray[np.float32], scores: NDArray[np.float32]) -> Detections:
    order = np.argsort(-scores, kind="stable")
    return Detections(boxes[order], scores[order])


def _instead_of_a_runtime(given: Any) -> str:
    """What came where a runtime was expected, and what makes a detector of it."""
    if isinstance(given, str | os.PathLike):
        return f"{given!r}; use FaceDetector.from_preset({os.fspath(given)!r})"
    if callable(getattr(given, "predict_boxes", None)):
        return f"a {type(given).__name__}; use FaceDetector.from_model"
    return f"{given!r:.60}; use FaceDetector.from_preset or from_model"


def open_runtime(name_or_path: str | os.PathLike[str], threads: int, precision: str) -> Runtime:
    """What runs a detector, as `FaceDetector.from_preset` says."""
    if name_or_path in PRESETS:
        file = PRESETS[str(name_or_path)].file(precision)
        return LiteRTRuntime(file.read(), file.name, threads, is_known=True)
    path = Path(name_or_path)
    if precision != PRECISIONS[0] and path.exists():
        raise ValueError(
            f"expected no precision beside the path of a detector, which has its own, got "
            f"{precision!r} for {path}; name a preset ({', '.join(PRESETS)}) instead"
        )
    if path.is_dir():
        return SavedModelRuntime(path)
    if not path.is_file():
        raise ModelError(
            f"expected a preset ({', '.join(PRESETS)}) or the path of a .tflite file, a .keras "
            f"file or a SavedModel folder, got {os.fspath(name_or_path)!r}, which is none of them"
        )
    if path.suffix == ".keras":
        return load_keras_file(path)
    return LiteRTRuntime(path.read_bytes(), str(path), threads)
