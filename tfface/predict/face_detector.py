"""The way from a picture to its faces, whatever runs the detector."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tfface.detections import Detections
from tfface.packaged import PRECISIONS
from tfface.predict.keras_model import KerasRuntime, load_keras_file
from tfface.predict.litert import LiteRTRuntime
from tfface.predict.placement import place
from tfface.predict.runtime import ModelError, Runtime
from tfface.predict.saved_model import SavedModelRuntime
from tfface.predict.search import search, search_twice, search_views
from tfface.predict.strategy import Strategy, parse_strategy
from tfface.presets import PRESETS
from tfface.sources import load_picture, read_ahead
from tfface.video import VideoFrame, open_video


class FaceDetector:
    """Finds the faces in pictures of any size.

        import tfface

        detector = tfface.FaceDetector.from_preset("fbi-1")  # tfface.presets() lists them
        faces = detector.detect("family.jpg")  # or bytes, an array, a picture of Pillow
        faces.boxes, faces.scores  # (n, 4): x_min, y_min, x_max, y_max in pixels; (n,), falling
        faces.draw(), faces.crops(margin=0.2), faces.blur()  # arrays: RGB uint8
        faces.to_dict(), faces.to_pandas(), faces.to_supervision()

        for faces in detector.detect_batch(paths):  # as many as you like: one is in memory
            ...
        for frame in detector.detect_video("film.mp4"):  # or detect_video(0), a camera
            frame.seconds, frame.detections

    Pictures of OpenCV have blue first: `detect(frame, bgr=True)`. Faces that are missed are often
    small: `detect(picture, long_side=2048)`, `strategy="tiles"` or `strategy="pyramid"`.

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
        image: Any,
        threshold: float = 0.5,
        long_side: int | None = None,
        strategy: Strategy | str | None = None,
        *,
        min_face: float = 0,
        max_faces: int | None = None,
        bgr: bool = False,
    ) -> Detections:
        """Finds the faces in one picture.

        Args:
            image: the path of a file, its bytes, a picture of Pillow, or an array: RGB uint8
                `(H, W, 3)`, 0..255, or what else `tfface.rgb.to_rgb` takes.
            threshold: the lowest score to return, in 0..1.
            long_side: pixels to scale the longer side of the picture to before the search. Larger
                finds smaller faces and takes longer. None reduces larger pictures to
                `tfface.predict.placement.LONG_SIDE`, leaves smaller ones as they are, and looks a
                second time for faces that fill the picture (`tfface.predict.close_faces`); 0
                searches at the picture's own size, up to about `LARGEST_INPUT` pixels there, to
                which larger ones are reduced. A detector of one fixed size scales the picture to
                fit.
            strategy: instead of `long_side`, several looks whose faces are joined, such as
                "pyramid" or "tiles": see `tfface.predict.strategy.parse_strategy`.
            min_face: faces less high than so many pixels of `image` are left out.
            max_faces: of more, only the surest are returned.
            bgr: whether an array has blue first, as OpenCV reads and films.

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
        if not min_face >= 0 or (max_faces is not None and max_faces < 1):
            raise ValueError(
                "expected min_face of 0 pixels or more and max_faces of 1 or more, or None, got "
                f"{min_face} and {max_faces}"
            )
        pixels = load_picture(image, bgr)
        if strategy is not None:
            chosen = parse_strategy(strategy) if isinstance(strategy, str) else strategy
            views = chosen.views(pixels.shape[:2])
            boxes, scores = search_views(self._runtime, pixels, threshold, views)
        elif long_side is None:
            boxes, scores = search_twice(self._runtime, pixels, threshold)
        else:
            boxes, scores = search(self._runtime, pixels, threshold, long_side)
        falling = np.argsort(-scores, kind="stable")
        kept = falling[boxes[falling, 3] - boxes[falling, 1] >= min_face][:max_faces]
        return Detections(boxes[kept], scores[kept], image, bgr)

    def detect_batch(self, images: Iterable[Any], **options: Any) -> Iterator[Detections]:
        """Finds the faces in many pictures, one after another, as they come.

        Args:
            images: what `detect` takes; they need not have one size. One is in memory at a time,
                and of paths and bytes the next is read meanwhile. An array may be filled anew when
                the next is asked for: draw the faces before that.
            options: as of `detect`.

        Yields:
            Detections in the order of `images`.

        Raises:
            As `detect`, when it comes to the picture that fails.
        """
        bgr = bool(options.pop("bgr", False))
        for image, pixels in read_ahead(images, bgr):
            found = self.detect(pixels, **options)
            yield Detections(found.boxes, found.scores, image, bgr)

    def detect_video(
        self, source: str | os.PathLike[str] | int, **options: Any
    ) -> Iterator[VideoFrame]:
        """Finds the faces in the frames of a video file, a camera or a stream.

        Args:
            source: the path of a file, the number of a camera, or the address of a stream.
            options: as of `detect`; `bgr` says nothing here.

        Yields:
            `VideoFrame`: `number` from 0 on, `seconds` since the first by the clock of the video,
            `image` RGB uint8 `(H, W, 3)` and `detections`.

        Raises:
            tfface.video.VideoError: it cannot be opened.
        """
        options.pop("bgr", None)  # frames are RGB
        with open_video(source) as video:
            for number, (seconds, image) in enumerate(video.frames()):
                yield VideoFrame(number, seconds, image, self.detect(image, **options))

    def masks(
        self, image: Any, long_side: int | None = None, *, bgr: bool = False
    ) -> list[NDArray[np.bool_]]:
        """Which parts of a picture the feature maps of a detector keep (feature_masking).

        Args:
            image, long_side, bgr: as of `detect`.

        Returns:
            Of every masked level, the finest first, bool `(H, W)`, true where it keeps a pixel.

        Raises:
            ValueError: the detector has no masks, or is no Keras detector: a preset, a TFLite file,
                a SavedModel and what is isolated return faces alone.
        """
        if not isinstance(self._runtime, KerasRuntime):
            raise ValueError(
                "expected a Keras detector, whose masks are an output, such as a .keras file, got "
                "a preset, a TFLite file, a SavedModel or one that is isolated"
            )
        pixels = load_picture(image, bgr)
        placement = place(pixels.shape[:2], long_side, None)
        height, width = placement.scaled
        return [
            cv2.resize(
                mask[:height, :width].astype(np.uint8),
                placement.picture[::-1],
                interpolation=cv2.INTER_NEAREST,
            ).astype(bool)
            for mask in self._runtime.masks(placement.apply(pixels))
        ]


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
