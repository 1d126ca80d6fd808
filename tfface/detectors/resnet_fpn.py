"""A plain detector of one step on a ResNet and a feature pyramid."""

import keras

from tfface.anchors import AnchorLevel
from tfface.backbones.pretrained import load_backbone_weights
from tfface.backbones.resnet import ResNet
from tfface.detectors.anchor_detector import AnchorDetector
from tfface.layers.convolution import ConvBlock
from tfface.layers.top_down_pyramid import TopDownPyramid

FINEST_LEVEL, COARSEST_MAP = 2, 5
"""A ResNet gives C2 to C5; coarser levels are made of its last."""


@keras.saving.register_keras_serializable(package="tfface")
class ResNetFPN(AnchorDetector):
    """ResNet, feature pyramid, and on every level the same anchors in units of its stride.

    Args:
        depth: of the ResNet: 18, 34, 50, 101 or 152.
        width: multiplier of the channels of the ResNet.
        levels: of the pyramid, rising without a gap, from 2 (stride 4) on; those above 5 are made
            of level 5 by convolutions with stride 2.
        scales: of the anchors, in strides.
        aspect: height of the anchors over their width.
        filters: channels of the pyramid.
        head_convolutions: 3x3 convolutions before the predictions, shared by all levels.

    Raises:
        ValueError: levels that do not rise by one, or begin below 2 or above 5.
    """

    def __init__(
        self,
        depth: int = 18,
        width: float = 1.0,
        levels: tuple[int, ...] = (3, 4, 5, 6, 7),
        scales: tuple[float, ...] = (2.0, 2.83),
        aspect: float = 1.25,
        filters: int = 128,
        head_convolutions: int = 1,
        **kwargs,
    ):
        levels = tuple(levels)
        finest, coarsest = levels[0], levels[-1]
        if levels != tuple(range(finest, coarsest + 1)) or not (
            FINEST_LEVEL <= finest <= COARSEST_MAP
        ):
            raise ValueError(
                f"expected levels that rise by one and begin at {FINEST_LEVEL} to {COARSEST_MAP}, "
                f"such as 3,4,5,6,7, got {levels}"
            )
        strides = [2**level for level in levels]
        super().__init__(
            [
                AnchorLevel(stride, tuple(scale * stride for scale in scales), aspect=aspect)
                for stride in strides
            ],
            **kwargs,
        )
        self.depth = depth
        self.width = width
        self.levels = levels
        self.scales = tuple(scales)
        self.aspect = aspect
        self.filters = filters
        self.head_convolutions = head_convolutions
        self.backbone = ResNet(depth, width)
        inputs = min(coarsest, COARSEST_MAP) - finest + 1
        self.pyramid = TopDownPyramid(filters, inputs, extra=len(levels) - inputs)
        self.tower = [ConvBlock(filters, 3) for _ in range(head_convolutions)]
        self.build_symbolically()

    def load_backbone(self, source):
        load_backbone_weights(self.backbone, source, self.pixel_mean)

    def feature_maps(self, pixels, training=None):
        maps = self.backbone(pixels, training=training)
        given = [maps[f"C{level}"] for level in self.levels if level <= COARSEST_MAP]
        levels = self.pyramid(given)
        for block in self.tower:
            levels = [block(level, training=training) for level in levels]
        return levels
