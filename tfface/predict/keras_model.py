"""Runs Keras detectors, of a `.keras` file or as they come out of training."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfface.detectors.loading import load_detector
from tfface.predict.runtime import Faces, OneProcess, Size
from tfface.rgb import Image

_LOWEST_SCORE = 0.01
"""Below what evaluations use (0.02); with fewer candidates the suppression is faster."""


class KerasRuntime:
    """A detector of `tfface.detectors`. The Keras backend decides how many threads it uses.

    Args:
        model: has `predict_boxes`, see `tfface.detectors.base.Detector`.

    Attributes:
        model: the detector itself.

    Raises:
        TypeError: it has not.
    """

    fixed_size: Size | None = None

    def __init__(self, model: Any) -> None:
        if not callable(getattr(model, "predict_boxes", None)):
            raise TypeError(
                "expected a detector of tfface.detectors, with a method predict_boxes, got "
                f"{type(model).__name__}"
            )
        self.model = model
        self._home = OneProcess()

    def run(self, image: Image) -> Faces:
        """The faces in `image`, RGB uint8 `(H, W, 3)`."""
        self._home.check()
        return self.model.predict_boxes(image, score_threshold=_LOWEST_SCORE)

    def masks(self, image: Image) -> list[NDArray[np.bool_]]:
        """The masks of the feature maps, bool `(H, W)` each.

        Raises:
            ValueError: the detector has none.
        """
        if not getattr(self.model, "mask_levels", ()):
            raise ValueError(
                "expected a detector with masks, trained with --mask_levels, got "
                f"{type(self.model).__name__} without"
            )
        return self.model.predict_masks(image)


def load_keras_file(path: Path) -> KerasRuntime:
    """Loads a `.keras` file.

    Raises:
        ModelError: damaged, of classes that are not in tfface, or no detector.
        ImportError: Keras or its backend is not installed.
    """
    return KerasRuntime(load_detector(path))
