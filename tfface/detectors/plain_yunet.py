"""YuNet with plain convolutions where its separable ones take most of the time."""

import keras

from tfface.backbones.resnet import ResidualBlock
from tfface.detectors.base import Detector
from tfface.detectors.yunet import YuNet, YuNetBase
from tfface.layers.convolution import ConvBlock
from tfface.layers.patches import Patches


@keras.saving.register_keras_serializable(package="tfface")
class PlainYuNet(YuNetBase):
    """YuNet whose map of stride 8 is made by plain convolutions.

    In int8 on processors more than half of YuNet's time goes into its layers up to stride 8. Here
    they are patches of 4x4 pixels, a convolution of 2x2 with stride 2, and residual pairs of 3x3
    convolutions. All that follows is a YuNet's, from which it may begin: an `Imitator` then has to
    teach hardly more than that map. There is one score where YuNet has a product of two.

    Args:
        channels: at stride 4, at stride 8 before a 1x1 convolution gives those of YuNet, and as in
            YuNet of the maps of strides 8, 16 and 32.
        pairs: residual pairs at strides 4 and 8.
        head_units: as in YuNet.

    Raises:
        ValueError: not two counts of pairs, or another number of channels.
    """

    def __init__(
        self,
        channels: tuple[int, ...] = (64, 48, 64, 64, 64),
        pairs: tuple[int, ...] = (0, 1),
        head_units: int = 1,
        **kwargs,
    ):
        if len(pairs) != 2:
            raise ValueError(f"expected the pairs of strides 4 and 8, got {tuple(pairs)}")
        self.pairs = tuple(pairs)
        super().__init__(channels, head_units, **kwargs)
        self.build_symbolically()

    def make_entry(self) -> list:
        fine, coarse = self.channels[:2]
        self.patches = Patches(fine, 4)
        self.reduction = ConvBlock(coarse, 2, strides=2)
        self.fine_pairs, self.coarse_pairs = (
            [ResidualBlock(count, 1, bottleneck=False, project=False) for _ in range(pairs)]
            for count, pairs in zip((fine, coarse), self.pairs, strict=True)
        )
        self.projection = keras.layers.Conv2D(self.channels[2], 1, activation="relu")
        return []

    def entry(self, pixels, training=None):
        maps = self.patches(pixels, training=training)
        for pair in self.fine_pairs:
            maps = pair(maps, training=training)
        maps = self.reduction(maps, training=training)
        for pair in self.coarse_pairs:
            maps = pair(maps, training=training)
        return self.projection(maps)

    def begin_with(self, given: Detector) -> None:
        """Of a YuNet all layers behind its map of stride 8, else as every detector."""
        if not isinstance(given, YuNet):
            super().begin_with(given)
            return
        pairs = zip(self.layers_behind_entry(), given.layers_behind_entry(), strict=True)
        for own, theirs in pairs:
            own.set_weights(theirs.get_weights())
