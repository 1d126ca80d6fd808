"""A detector of three convolutions, for tests where the network is not the point."""

from typing import Any

import keras

from tfface.anchors import AnchorLevel
from tfface.detectors.anchor_detector import AnchorDetector
from tfface.layers.convolution import ConvBlock


@keras.saving.register_keras_serializable(package="tests")
class TinyDetector(AnchorDetector):
    """9 anchors every 32x32 pixels.

    It is built, compiled and converted in a tenth of the time that the smallest real one takes, and
    is `--detector=tests.tiny_detector:TinyDetector` in a process of its own.

    Args:
        width: 16 times it are the channels of every convolution.
        scales: sides of the anchors of the first level, in pixels.
    """

    head_kernel_size = 1

    def __init__(
        self, width: float = 0.5, scales: tuple[float, ...] = (16, 32), **kwargs: Any
    ) -> None:
        super().__init__((AnchorLevel(16, tuple(scales)), AnchorLevel(32, (64,))), **kwargs)
        self.width = width
        self.scales = tuple(scales)
        channels = int(16 * width)
        self.stem = [ConvBlock(channels, 5, strides=4) for _ in range(2)]
        self.reduction = ConvBlock(channels, 3, strides=2)
        self.build_symbolically()

    def feature_maps(self, pixels: Any, training: bool | None = None) -> list[Any]:
        maps = pixels
        for block in self.stem:
            maps = block(maps, training=training)
        return [maps, self.reduction(maps, training=training)]
