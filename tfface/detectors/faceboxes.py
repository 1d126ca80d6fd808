"""FaceBoxes (arXiv:1708.05234) and FaceBoxesImproved (kd_fbi, section 2.3)."""

import keras

from tfface.anchors import AnchorLevel
from tfface.detectors.masked_detector import MaskedAnchorDetector
from tfface.layers.convolution import ConvBlock
from tfface.layers.feature_pyramid import FeaturePyramid
from tfface.layers.inception import Inception

FACEBOXES_ANCHORS = (
    AnchorLevel(32, (32, 64, 128), (4, 2, 1)),
    AnchorLevel(64, (256,)),
    AnchorLevel(128, (512,)),
)
"""21 anchors a cell on the first map; 21,824 at 1024x1024 (FaceBoxes, section 3.3)."""

FBI_ANCHORS = (
    AnchorLevel(8, (8, 12, 16, 24)),
    AnchorLevel(16, (32, 48)),
    AnchorLevel(32, (64, 96)),
    AnchorLevel(64, (128, 192)),
    AnchorLevel(128, (256, 384)),
)
"""Two anchors an octave from 8 to 384 pixels; four on the finest map, which has the small faces."""


def _scaled(channels: int, width: float) -> int:
    """Channels times the width multiplier; an error where that is no whole number."""
    scaled = channels * width
    if scaled < 1 or scaled != int(scaled):
        raise ValueError(
            f"The width multiplier {width} turns {channels} channels into {scaled}; "
            "use 0.5, 1, 2, 4 or another width that gives whole numbers."
        )
    return int(scaled)


class _RapidlyDigested(MaskedAnchorDetector):
    """The part that FB and FBI share: three Inception blocks, then two steps down to stride 128."""

    def _make_tail(self, inception, bottleneck, reduction, expansion, width):
        # Pictures are padded to multiples of 32 pixels: only from there on may sides be odd.
        self.inceptions = [
            Inception(_scaled(inception, width), _scaled(bottleneck, width)) for _ in range(3)
        ]
        self.conv3_1 = ConvBlock(_scaled(reduction, width), 1)
        self.conv3_2 = ConvBlock(_scaled(expansion, width), 3, strides=2, odd_sides=True)
        self.conv4_1 = ConvBlock(_scaled(reduction, width), 1)
        self.conv4_2 = ConvBlock(_scaled(expansion, width), 3, strides=2, odd_sides=True)

    def _tail(self, maps, training):
        for inception in self.inceptions:
            maps = inception(maps, training=training)
        stride_64 = self.conv3_2(self.conv3_1(maps, training=training), training=training)
        stride_128 = self.conv4_2(self.conv4_1(stride_64, training=training), training=training)
        return maps, stride_64, stride_128

    def own_layers(self, stride):
        own = {64: [self.conv3_1, self.conv3_2], 128: [self.conv4_1, self.conv4_2]}
        return [*super().own_layers(stride), *own.get(stride, [])]


@keras.saving.register_keras_serializable(package="tfface")
class FaceBoxes(_RapidlyDigested):
    """FB, layer for layer: C.ReLU 7x7/4 and 5x5/2, max-pooling, Inceptions, 21 / 1 / 1 anchors.

    Args:
        width: multiplier of all channels; 1 is the network of the paper.
        mask_levels: indices of the levels with a mask (feature_masking), the finest is 0.
    """

    def __init__(self, width: float = 1.0, mask_levels: tuple[int, ...] = (), **kwargs):
        super().__init__(FACEBOXES_ANCHORS, mask_levels, **kwargs)
        self.width = width
        self.conv1 = ConvBlock(_scaled(24, width), 7, strides=4, crelu=True)
        self.pool1 = keras.layers.MaxPooling2D(3, strides=2, padding="same")
        self.conv2 = ConvBlock(_scaled(64, width), 5, strides=2, crelu=True)
        self.pool2 = keras.layers.MaxPooling2D(3, strides=2, padding="same")
        self._make_tail(inception=32, bottleneck=24, reduction=128, expansion=256, width=width)
        self.build_symbolically()

    def feature_maps(self, pixels, training=None):
        maps = self.pool1(self.conv1(pixels, training=training))
        maps = self.pool2(self.conv2(maps, training=training))
        return list(self._tail(maps, training))


@keras.saving.register_keras_serializable(package="tfface")
class FaceBoxesImproved(_RapidlyDigested):
    """FBI: five thin 3x3 convolutions for FB's first two, and a feature pyramid down to stride 8.

    The wiring and channels of the paper's figure 4 are lost; this design follows its text. BUILD.md
    has the diagram, the layers and what they cost.

    Args:
        width: multiplier of all channels: FBI-1/2, FBI-1, FBI-2, FBI-4.
        mask_levels: indices of the levels with a mask (feature_masking), the finest is 0.
    """

    head_kernel_size = 1

    def __init__(self, width: float = 1.0, mask_levels: tuple[int, ...] = (), **kwargs):
        super().__init__(FBI_ANCHORS, mask_levels, **kwargs)
        self.width = width
        self.stem = [ConvBlock(_scaled(c, width), 3, strides=2) for c in (16, 16, 48, 64, 96)]
        self._make_tail(inception=24, bottleneck=24, reduction=64, expansion=128, width=width)
        self.pyramid = FeaturePyramid(_scaled(32, width), levels=3)
        self.build_symbolically()

    def feature_maps(self, pixels, training=None):
        maps = [pixels]
        for block in self.stem:
            maps.append(block(maps[-1], training=training))
        stride_32, stride_64, stride_128 = self._tail(maps[-1], training)
        pyramid = self.pyramid([maps[3], maps[4], stride_32], training=training)
        return [*pyramid, stride_64, stride_128]
