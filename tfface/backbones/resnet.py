"""ResNet (arXiv:1512.03385) at any width: a picture in, the maps C2 to C5 out."""

from typing import Literal

import keras
from keras import ops

from tfface.layers.batch_normalization import BatchNormalization
from tfface.layers.composite import CompositeLayer

BLOCKS = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
"""Blocks of each stage by depth (Table 1 of the paper)."""

ResNetName = Literal["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]
"""The depths as people name them."""

BOTTLENECK_DEPTHS = (50, 101, 152)
STAGE_CHANNELS = (64, 128, 256, 512)
EXPANSION = 4
"""A bottleneck block returns so many times the channels that it computes with."""


@keras.saving.register_keras_serializable(package="tfface")
class ResNet(CompositeLayer):
    """The convolutional part of a ResNet.

    Args:
        depth: one of `BLOCKS`; from 50 on the blocks are bottlenecks.
        width: multiplier of all channels.
        stages: of 4, so many, for whoever needs no coarser maps.

    Call arguments:
        pixels: `(B, H, W, 3)` float, sides multiples of 32.

    Returns:
        `{"C2": ..., "C5": ...}`: maps of strides 4, 8, 16 and 32, one a stage.

    Raises:
        ValueError: another depth or number of stages, or a width that leaves no whole number of
            channels.
    """

    def __init__(self, depth: int = 18, width: float = 1.0, stages: int = 4, **kwargs):
        super().__init__(**kwargs)
        if depth not in BLOCKS:
            raise ValueError(f"expected a depth of {', '.join(map(str, BLOCKS))}, got {depth}")
        channels = [count * width for count in STAGE_CHANNELS]
        if width <= 0 or any(count != int(count) for count in channels):
            raise ValueError(
                f"expected a width that gives whole numbers of channels, such as 0.25, got {width}"
            )
        if not 1 <= stages <= len(STAGE_CHANNELS):
            raise ValueError(f"expected 1 to {len(STAGE_CHANNELS)} stages, got {stages}")
        self.depth = depth
        self.width = width
        bottleneck = depth in BOTTLENECK_DEPTHS
        self.channels = [
            int(count) * (EXPANSION if bottleneck else 1) for count in channels[:stages]
        ]
        self.stem = ConvolutionUnit(int(channels[0]), 7, strides=2)
        self.stages = []
        every = list(zip(channels, BLOCKS[depth], strict=True))
        for stage, (count, blocks) in enumerate(every[:stages]):
            self.stages.append(
                [
                    ResidualBlock(
                        int(count),
                        strides=2 if stage and not block else 1,
                        bottleneck=bottleneck,
                        project=not block and (stage > 0 or bottleneck),
                    )
                    for block in range(blocks)
                ]
            )

    def call(self, pixels, training=None):
        maps = ops.relu(self.stem(pixels, training=training))
        # What is padded must not win: nothing after a ReLU is below 0.
        maps = ops.max_pool(_pad(maps, 3), 3, strides=2, padding="valid")
        outputs = {}
        for stage, blocks in enumerate(self.stages):
            for block in blocks:
                maps = block(maps, training=training)
            outputs[f"C{stage + 2}"] = maps
        return outputs

    def get_config(self):
        return {
            **super().get_config(),
            "depth": self.depth,
            "width": self.width,
            "stages": len(self.stages),
        }


def _pad(maps, kernel_size: int):
    """Zeros around maps, the same on every side, as the papers' code has them at any stride."""
    margin = kernel_size // 2
    return ops.pad(maps, ((0, 0), (margin, margin), (margin, margin), (0, 0)))


@keras.saving.register_keras_serializable(package="tfface")
class ConvolutionUnit(CompositeLayer):
    """A convolution, the same margin on every side, and batch normalisation."""

    def __init__(self, filters: int, kernel_size: int, strides: int = 1, **kwargs):
        super().__init__(**kwargs)
        self.kernel_size = kernel_size
        self.strides = strides
        self.convolution = keras.layers.Conv2D(
            filters,
            kernel_size,
            strides=strides,
            # At stride 1 "same" is that margin, and costs no copy.
            padding="same" if strides == 1 else "valid",
            use_bias=False,
            kernel_initializer="he_normal",
        )
        self.normalization = BatchNormalization(momentum=0.97, epsilon=1e-5)

    def call(self, inputs, training=None):
        if training and self.kernel_size == 1:
            # The gradient of a 1x1 convolution with stride 2 crashes TensorFlow 2.21 at 8 channels
            # (oneDNN); its inputs, chosen first, have the same one.
            if not self.convolution.built:
                self.convolution.build(inputs.shape)
            chosen = inputs[:, :: self.strides, :: self.strides]
            maps = ops.conv(chosen, self.convolution.kernel, padding="valid")
        else:
            if self.strides > 1 and self.kernel_size > 1:
                inputs = _pad(inputs, self.kernel_size)
            maps = self.convolution(inputs)
        return self.normalization(maps, training=training)


@keras.saving.register_keras_serializable(package="tfface")
class ResidualBlock(CompositeLayer):
    """A residual block: two 3x3 convolutions, or a bottleneck of 1x1, 3x3 and 1x1."""

    def __init__(self, channels: int, strides: int, bottleneck: bool, project: bool, **kwargs):
        super().__init__(**kwargs)
        if bottleneck:
            # The stride is that of the first convolution, as in the paper and keras.applications.
            self.units = [
                ConvolutionUnit(channels, 1, strides),
                ConvolutionUnit(channels, 3),
                ConvolutionUnit(EXPANSION * channels, 1),
            ]
        else:
            self.units = [ConvolutionUnit(channels, 3, strides), ConvolutionUnit(channels, 3)]
        filters = EXPANSION * channels if bottleneck else channels
        self.projection = ConvolutionUnit(filters, 1, strides) if project else None

    def call(self, inputs, training=None):
        shortcut = self.projection(inputs, training=training) if self.projection else inputs
        maps = inputs
        for unit in self.units[:-1]:
            maps = ops.relu(unit(maps, training=training))
        return ops.relu(self.units[-1](maps, training=training) + shortcut)
