"""FaceBoxesImproved with points for anchors."""

import keras

from tfface.detectors.base import Detector
from tfface.detectors.faceboxes import (
    INCEPTION,
    FaceBoxesImproved,
    improved_pyramid,
    improved_stem,
    inceptions,
)
from tfface.detectors.point_detector import PointDetector

STRIDES = (8, 16, 32)


@keras.saving.register_keras_serializable(package="tfface")
class PointFaceBoxes(PointDetector):
    """FBI down to stride 32 and its pyramid, whose heads predict one box a cell.

    Scores learn how well boxes fit, faces choose their cells by what these predict, and a detector
    with points, such as YuNet, can teach it all that it gives (`tfface.imitator`). Large faces are
    left to stride 32: the layers of strides 64 and 128 are not there.

    Args:
        width: multiplier of all channels, as of FBI.
    """

    def __init__(self, width: float = 1.0, **kwargs):
        super().__init__(STRIDES, **kwargs)
        self.width = width
        self.stem = improved_stem(width)
        self.inceptions = inceptions(INCEPTION, INCEPTION, width)
        self.pyramid = improved_pyramid(width)
        self.build_symbolically()

    def backbone_maps(self, pixels, training=None):
        levels = []
        for block in self.stem:
            pixels = block(pixels, training=training)
            levels.append(pixels)
        for inception in self.inceptions:
            pixels = inception(pixels, training=training)
        return [*levels[2:4], pixels]

    def neck_maps(self, levels, training=None):
        return self.pyramid(levels, training=training)

    def begin_with(self, given: Detector) -> None:
        """Of an FBI of its width all layers that both have; else as every detector."""
        if not isinstance(given, FaceBoxesImproved) or given.width != self.width:
            super().begin_with(given)
            return
        for own, theirs in zip(self._shared_with(self), self._shared_with(given), strict=True):
            own.set_weights(theirs.get_weights())

    @staticmethod
    def _shared_with(detector) -> list[keras.layers.Layer]:
        return [*detector.stem, *detector.inceptions, detector.pyramid]
