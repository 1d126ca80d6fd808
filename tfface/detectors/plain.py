"""PlainFace: plain convolutions only, for processors that multiply int8 matrices fast."""

import keras

from tfface.backbones.resnet import ResidualBlock
from tfface.detectors.point_detector import PointDetector
from tfface.layers.convolution import ConvBlock
from tfface.layers.feature_pyramid import FeaturePyramid
from tfface.layers.patches import Patches

STRIDES = (8, 16, 32)


@keras.saving.register_keras_serializable(package="tfface")
class PlainFace(PointDetector):
    """Patches of 4x4 pixels, then residual pairs of plain 3x3 convolutions at strides 4 to 32.

    In int8 XNNPACK runs plain 3x3 convolutions with channels in multiples of 16 ten times as fast,
    for each multiply-add, as depthwise ones. Every step down is a convolution of 2x2 with stride 2
    and the first one of 4x4 with stride 4: no padding, so that every cell looks where its point
    is, at any size.

    Args:
        stem: channels at stride 4.
        stem_blocks: residual pairs at stride 4.
        channels: at strides 8, 16 and 32.
        blocks: residual pairs at strides 8, 16 and 32.
        filters: channels of the pyramid and the heads.
    """

    def __init__(
        self,
        stem: int = 32,
        stem_blocks: int = 1,
        channels: tuple[int, ...] = (32, 64, 64),
        blocks: tuple[int, ...] = (2, 2, 2),
        filters: int = 32,
        **kwargs,
    ):
        if len(channels) != len(STRIDES) or len(blocks) != len(STRIDES):
            raise ValueError(
                f"expected channels and blocks of the strides {STRIDES}, three numbers each, got "
                f"{tuple(channels)} and {tuple(blocks)}"
            )
        super().__init__(STRIDES, **kwargs)
        self.stem = stem
        self.stem_blocks = stem_blocks
        self.channels = tuple(channels)
        self.blocks = tuple(blocks)
        self.filters = filters
        self.patches = Patches(stem, 4)
        self.first_stage = [_pair(stem) for _ in range(stem_blocks)]
        self.reductions = [ConvBlock(count, 2, strides=2) for count in self.channels]
        self.stages = [
            [_pair(count) for _ in range(pairs)]
            for count, pairs in zip(self.channels, self.blocks, strict=True)
        ]
        self.pyramid = FeaturePyramid(filters, levels=len(STRIDES))
        self.head_convolutions = [ConvBlock(filters, 3) for _ in STRIDES]
        self.build_symbolically()

    def backbone_maps(self, pixels, training=None):
        maps = self.patches(pixels, training=training)
        for block in self.first_stage:
            maps = block(maps, training=training)
        levels = []
        for reduction, stage in zip(self.reductions, self.stages, strict=True):
            maps = reduction(maps, training=training)
            for block in stage:
                maps = block(maps, training=training)
            levels.append(maps)
        return levels

    def neck_maps(self, levels, training=None):
        pyramid = self.pyramid(levels, training=training)
        heads = zip(self.head_convolutions, pyramid, strict=True)
        return [convolution(level, training=training) for convolution, level in heads]


def _pair(channels: int) -> ResidualBlock:
    return ResidualBlock(channels, strides=1, bottleneck=False, project=False)
