"""Pictures for the tests of `python -m tfface.detect`, and its command line in this process."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from tfface.detect import main
from tfface.detections import Detections
from tfface.predict.face_detector import FaceDetector


def save(path: Path, height: int = 40, width: int = 60) -> Path:
    """A black picture with a red pixel at row 10, column 20: a face to the tiny detectors."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.zeros((height, width, 3), np.uint8)
    image[10, 20, 2] = 255
    assert cv2.imwrite(str(path), image)
    return path


def status(*arguments: object) -> int:
    """The exit status of a command line."""
    try:
        return main([str(argument) for argument in arguments])
    except SystemExit as leaving:
        assert isinstance(leaving.code, int)
        return leaving.code


def failing_on(width: int, failure: BaseException) -> Callable[..., Detections]:
    """A way to detect that finds nothing, and fails on pictures of that width."""

    def detect(self: FaceDetector, image: np.ndarray, *_: object, **options: object) -> Detections:
        if image.shape[1] == width:
            raise failure
        return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    return detect


class Tensor:
    """An array of others, such as those of PyTorch and JAX: NumPy can ask it for one of its own."""

    def __init__(self, pixels: np.ndarray) -> None:
        self._pixels = pixels

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        return self._pixels
