"""YuNet with plain convolutions where its separable ones take most of the time."""

import keras

from tfface.detectors.base import Detector
from tfface.detectors.yunet import FIRST_CHANNELS, YuNet, YuNetBase
from tfface.layers.convolution import ConvBlock


@keras.saving.register_keras_serializable(package="tfface")
class PlainYuNet(YuNetBase):
    """YuNet that gets to stride 8 by plain convolutions.

    In int8 on processors three quarters of YuNet's time go into its layers before stride 8. Here
    they are convolutions of stride 2, with others of 3x3 between them. All that follows is a
    YuNet's, from which it may begin: an `Imitator` then has to teach hardly more than the map of
    stride 8. There is one score where YuNet has a product of two.

    Args:
        channels: at stride 4, at stride 8 before YuNet's stage, and as in YuNet of the maps of
            strides 8, 16 and 32.
        depths: convolutions at strides 4 and 8 beside those that reduce.
        head_units: as in YuNet.
        first_channels: at stride 2; with 0 of them one convolution of 5x5 gets to stride 4.

    Raises:
        ValueError: not two depths, or another number of channels.
    """

    def __init__(
        self,
        channels: tuple[int, ...] = (32, 64, 64, 64, 64),
        depths: tuple[int, ...] = (0, 1),
        head_units: int = 1,
        first_channels: int = FIRST_CHANNELS,
        **kwargs,
    ):
        if len(depths) != 2:
            raise ValueError(f"expected the depths of strides 4 and 8, got {tuple(depths)}")
        self.depths = tuple(depths)
        self.first_channels = first_channels
        super().__init__(channels, head_units, **kwargs)
        self.build_symbolically()

    def make_entry(self) -> list:
        fine, coarse = self.channels[:2]
        if self.first_channels:
            first = [ConvBlock(self.first_channels, 3, strides=2), ConvBlock(fine, 3, strides=2)]
        else:
            first = [ConvBlock(fine, 5, strides=4)]
        self.convolutions = [
            *first,
            *(ConvBlock(fine, 3) for _ in range(self.depths[0])),
            ConvBlock(coarse, 3, strides=2),
            *(ConvBlock(coarse, 3) for _ in range(self.depths[1])),
        ]
        return []

    def entry(self, pixels, training=None):
        for convolution in self.convolutions:
            pixels = convolution(pixels, training=training)
        return pixels

    def rescale_scores(self, scale: float, shift: float) -> None:
        for head in self.score_heads:
            head.depthwise.kernel.assign(scale * head.depthwise.kernel)
            head.depthwise.bias.assign(scale * (head.depthwise.bias - shift))

    def begin_with(self, given: Detector) -> None:
        """Of a YuNet all layers from its stage of stride 8 on; of its own kind with another entry
        also the convolutions that both have; else as every detector."""
        if isinstance(given, YuNet):
            both = []
        elif isinstance(given, PlainYuNet) and self._differs_in_entry_alone(given):
            both = [*zip(self._strides(), given._strides(), strict=True)]
            if self.first_channels != given.first_channels:
                both = both[1:]
        else:
            super().begin_with(given)
            return
        behind = zip(self.layers_behind_entry(), given.layers_behind_entry(), strict=True)
        shared = (pair for layers in both for pair in zip(*layers, strict=False))
        for own, theirs in (*behind, *shared):
            own.set_weights(theirs.get_weights())

    def _differs_in_entry_alone(self, given: "PlainYuNet") -> bool:
        return (self.channels, self.head_units) == (given.channels, given.head_units)

    def _strides(self) -> tuple[list, list, list]:
        """The convolutions up to stride 4, the others there, and those of stride 8."""
        fine = 2 if self.first_channels else 1
        coarse = fine + self.depths[0]
        return self.convolutions[:fine], self.convolutions[fine:coarse], self.convolutions[coarse:]
