"""FaceBoxes (arXiv:1708.05234) and FaceBoxesImproved (kd_fbi, section 2.3)."""

import keras
from keras import ops

from tfface.anchors import AnchorLevel
from tfface.detectors.masked_detector import MaskedAnchorDetector
from tfface.layers.convolution import ConvBlock
from tfface.layers.feature_mask import THRESHOLD
from tfface.layers.feature_pyramid import FeaturePyramid
from tfface.layers.inception import Inception
from tfface.predict.selection import Selection

FACEBOXES_ANCHORS = (
    AnchorLevel(32, (32, 64, 128), (4, 2, 1), from_corner=True),
    AnchorLevel(64, (256,)),
    AnchorLevel(128, (512,)),
)
"""21 anchors a cell on the first map; 21,824 at 1024x1024 (FaceBoxes, section 3.3). The paper says
nothing of where the dense ones stand in a cell; the released code has them begin at its corner."""

FBI_ANCHORS = (
    AnchorLevel(8, (8, 12, 16, 24)),
    AnchorLevel(16, (32, 48)),
    AnchorLevel(32, (64, 96)),
    AnchorLevel(64, (128, 192)),
    AnchorLevel(128, (256, 384)),
)
"""Two anchors an octave from 8 to 384 pixels; four on the finest map, which has the small faces."""


INCEPTION = 24
"""Channels of a branch of FBI's Inceptions, and of their bottlenecks."""

_LAYOUT = "released"
"""In the configuration of FaceBoxes; those of before have none."""


def scaled(channels: int, width: float) -> int:
    """Channels times the width multiplier; an error where that is no whole number."""
    scaled = channels * width
    if scaled < 1 or scaled != int(scaled):
        raise ValueError(
            f"The width multiplier {width} turns {channels} channels into {scaled}; "
            "use 0.5, 1, 2, 4 or another width that gives whole numbers."
        )
    return int(scaled)


def inceptions(filters: int, bottleneck: int, width: float, count_padding: bool = False) -> list:
    """The three Inception blocks of stride 32."""
    sizes = scaled(filters, width), scaled(bottleneck, width)
    return [Inception(*sizes, count_padding) for _ in range(3)]


def improved_stem(width: float) -> list[ConvBlock]:
    """The five convolutions of FBI, to strides 2, 4, 8, 16 and 32."""
    return [ConvBlock(scaled(channels, width), 3, strides=2) for channels in (16, 16, 48, 64, 96)]


def improved_pyramid(width: float) -> FeaturePyramid:
    """The pyramid of FBI, of strides 8, 16 and 32."""
    return FeaturePyramid(scaled(32, width), levels=3)


class _RapidlyDigested(MaskedAnchorDetector):
    """The part that FB and FBI share: three Inception blocks, then two steps down to stride 128."""

    # FaceBoxes (arXiv:1708.05234, section 3.4). Above it large faces get a second box inside their
    # own, with an overlap of 0.35.
    selection = Selection(iou_threshold=0.3)

    def _make_tail(
        self, inception, bottleneck, reduction, expansion, width, padding, count_padding=False
    ):
        # Pictures are padded to multiples of 32 pixels: only from there on may sides be odd.
        self.inceptions = inceptions(inception, bottleneck, width, count_padding)
        self.conv3_1 = ConvBlock(scaled(reduction, width), 1)
        self.conv3_2 = ConvBlock(scaled(expansion, width), 3, strides=2, padding=padding)
        self.conv4_1 = ConvBlock(scaled(reduction, width), 1)
        self.conv4_2 = ConvBlock(scaled(expansion, width), 3, strides=2, padding=padding)

    def _tail(self, maps, training):
        for inception in self.inceptions:
            maps = inception(maps, training=training)
        stride_64 = self.conv3_2(self.conv3_1(maps, training=training), training=training)
        stride_128 = self.conv4_2(self.conv4_1(stride_64, training=training), training=training)
        return maps, stride_64, stride_128

    def own_layers(self, stride):
        to_64 = [self.conv3_1, self.conv3_2]
        own = {64: to_64, 128: [*to_64, self.conv4_1, self.conv4_2]}
        return [*super().own_layers(stride), *own.get(stride, [])]


@keras.saving.register_keras_serializable(package="tfface")
class FaceBoxes(_RapidlyDigested):
    """FB, layer for layer: C.ReLU 7x7/4 and 5x5/2, max-pooling, Inceptions, 21 / 1 / 1 anchors.

    What its paper leaves open is as in the released code of its authors: symmetric padding, an
    average that counts it, dense anchors from the corner of their cell. So their weights fit
    (`convert.import_faceboxes`).

    Args:
        width: multiplier of all channels; 1 is the network of the paper.
        mask_levels: indices of the levels with a mask (feature_masking), the finest is 0.
        mask_threshold: Th_Mask, the probability of a face above which a cell is kept.
    """

    def __init__(
        self,
        width: float = 1.0,
        mask_levels: tuple[int, ...] = (),
        mask_threshold: float = THRESHOLD,
        **kwargs,
    ):
        super().__init__(FACEBOXES_ANCHORS, mask_levels, mask_threshold, **kwargs)
        self.width = width
        self.conv1 = ConvBlock(scaled(24, width), 7, strides=4, crelu=True, padding="symmetric")
        self.conv2 = ConvBlock(scaled(64, width), 5, strides=2, crelu=True, padding="symmetric")
        self._make_tail(
            inception=32,
            bottleneck=24,
            reduction=128,
            expansion=256,
            width=width,
            padding="symmetric",
            count_padding=True,
        )
        self.build_symbolically()

    def get_config(self):
        return {**super().get_config(), "layout": _LAYOUT}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A detector of its configuration.

        Raises:
            ValueError: one of before the released layout, in which the weights mean other places.
        """
        if config.get("layout") != _LAYOUT:
            raise ValueError(
                f"expected FaceBoxes with padding and anchors of the {_LAYOUT} code, got a "
                "detector that was trained with others, whose weights find nothing now; train it "
                "again, or use it with the version of tfface that it is from"
            )
        return cls(**{name: value for name, value in config.items() if name != "layout"})

    def feature_maps(self, pixels, training=None):
        maps = _halve(self.conv1(pixels, training=training))
        maps = _halve(self.conv2(maps, training=training))
        return list(self._tail(maps, training))


def _halve(maps):
    """Max-pooling 3x3/2 with a cell of zeros on each side, below which no ReLU goes."""
    return ops.max_pool(ops.pad(maps, ((0, 0), (1, 1), (1, 1), (0, 0))), 3, strides=2)


@keras.saving.register_keras_serializable(package="tfface")
class FaceBoxesImproved(_RapidlyDigested):
    """FBI: five thin 3x3 convolutions for FB's first two, and a feature pyramid down to stride 8.

    The wiring and channels of the paper's figure 4 are lost; this design follows its text. BUILD.md
    has the diagram, the layers and what they cost.

    Args:
        width: multiplier of all channels: FBI-1/2, FBI-1, FBI-2, FBI-4.
        mask_levels: indices of the levels with a mask (feature_masking), the finest is 0.
        mask_threshold: Th_Mask, the probability of a face above which a cell is kept.
    """

    head_kernel_size = 1

    def __init__(
        self,
        width: float = 1.0,
        mask_levels: tuple[int, ...] = (),
        mask_threshold: float = THRESHOLD,
        **kwargs,
    ):
        super().__init__(FBI_ANCHORS, mask_levels, mask_threshold, **kwargs)
        self.width = width
        self.stem = improved_stem(width)
        self._make_tail(
            inception=INCEPTION,
            bottleneck=INCEPTION,
            reduction=64,
            expansion=128,
            width=width,
            padding="as_even",
        )
        self.pyramid = improved_pyramid(width)
        self.build_symbolically()

    def feature_maps(self, pixels, training=None):
        maps = [pixels]
        for block in self.stem:
            maps.append(block(maps[-1], training=training))
        stride_32, stride_64, stride_128 = self._tail(maps[-1], training)
        pyramid = self.pyramid([maps[3], maps[4], stride_32], training=training)
        return [*pyramid, stride_64, stride_128]
