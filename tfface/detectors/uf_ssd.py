"""UF-SSD, the universal face single shot detector of feature_masking, with FFMM, FEM and MCDM."""

import itertools
from dataclasses import dataclass
from typing import Literal, get_args

import keras
from keras import ops

from tfface.anchors import AnchorLevel
from tfface.backbones.pretrained import load_backbone_weights
from tfface.backbones.resnet import ResNet, ResNetName
from tfface.backbones.vgg import VGG16
from tfface.detectors.masked_detector import MaskedAnchorDetector, MaskedRecipe
from tfface.layers.convolution import ConvBlock
from tfface.layers.feature_enhancement import FeatureEnhancement
from tfface.layers.feature_mask import THRESHOLD

Backbone = Literal["vgg16", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]

LEVELS = tuple(AnchorLevel(stride, (4 * stride,)) for stride in (4, 8, 16, 32, 64, 128))
"""Square anchors of 16 to 512 pixels, four strides each (S3FD, arXiv:1708.05237, table 1)."""

EXTRA_STEPS = ((256, 512), (128, 256))
"""Channels of the 1x1 and the 3x3 convolution of the levels beyond those of a ResNet, as in VGG."""

ENHANCED_CHANNELS = 256
"""Of the finest map, that of conv3_3, after its enhancement."""


@dataclass(frozen=True)
class UFSSDRecipe(MaskedRecipe):
    """How UF-SSD trains; the defaults are those of the paper, section 4.2, and of S3FD.

    Attributes:
        negative_threshold: IoU from which an anchor is ignored; S3FD ignores none.
        detection_weight: of classification and regression (lambda 2, equation before 5).
        classification_weight: of the mean classification loss of positive anchors and their
            negatives (lambda 3, equation 5).
    """

    negative_threshold: float = 0.35
    detection_weight: float = 1.0
    classification_weight: float = 4.0


@keras.saving.register_keras_serializable(package="tfface")
class UFSSD(MaskedAnchorDetector):
    """Six maps of a backbone, of strides 4 to 128, an anchor a cell, a 3x3 head for each.

    Args:
        backbone: VGG-16, whose maps are conv3_3, conv4_3, conv5_3, fc7, conv6_2 and conv7_2; or a
            ResNet of 18 to 152 layers, C2 to C5 and two levels more.
        width: multiplier of all channels.
        mask_levels: indices of the levels with a mask (FFMM, section 3.2), the finest is 0.
        mask_threshold: Th_Mask, the probability of a face above which a cell is kept.
        feature_enhancement: the finest map is enhanced by the one after it (FEM, section 3.3).
        mask_dropout: share of the cells of the ground-truth mask that are dropped from the finest
            map in training (MCDM, section 3.3), 0..1. Kept cells are not scaled up.

    Raises:
        ValueError: another backbone, a width or level that does not fit, or such a share.
    """

    recipe_class = UFSSDRecipe

    def __init__(
        self,
        backbone: Backbone = "vgg16",
        width: float = 1.0,
        mask_levels: tuple[int, ...] = (0,),
        mask_threshold: float = THRESHOLD,
        feature_enhancement: bool = False,
        mask_dropout: float = 0.0,
        **kwargs,
    ):
        if backbone not in get_args(Backbone):
            raise ValueError(
                f"expected a backbone of {', '.join(get_args(Backbone))}, got {backbone!r}"
            )
        if not 0.0 <= mask_dropout < 1.0:
            raise ValueError(
                f"expected a mask_dropout of at least 0 and below 1, got {mask_dropout}"
            )
        super().__init__(LEVELS, mask_levels, mask_threshold, **kwargs)
        self.backbone = backbone
        self.width = width
        self.feature_enhancement = feature_enhancement
        self.mask_dropout = mask_dropout
        self.steps: list[tuple[ConvBlock, ConvBlock]] = []
        if backbone == "vgg16":
            self.network = VGG16(width)
        else:
            self.network = ResNet(int(backbone.removeprefix("resnet")), width)
            self.steps = [
                (
                    ConvBlock(int(inner * width), 1),
                    ConvBlock(int(channels * width), 3, strides=2, padding="as_even"),
                )
                for inner, channels in EXTRA_STEPS
            ]
        if feature_enhancement:
            self.enhancement = FeatureEnhancement(int(ENHANCED_CHANNELS * width))
        self.build_symbolically()

    def load_backbone(self, source: str) -> None:
        if not isinstance(self.network, ResNet):
            raise ValueError(
                f"expected a backbone of {', '.join(get_args(ResNetName))} for weights of "
                f"{source}, got {self.backbone}, which begins at random"
            )
        load_backbone_weights(self.network, source, self.pixel_mean)

    def feature_maps(self, pixels, training=None):
        if self.backbone == "vgg16":
            maps = list(self.network(pixels).values())
        else:
            maps = list(self.network(pixels, training=training).values())
        for reduction, convolution in self.steps:
            reduced = reduction(maps[-1], training=training)
            maps.append(convolution(reduced, training=training))
        if self.feature_enhancement:
            maps[0] = self.enhancement(*maps[:2], training=training)
        return maps

    def own_layers(self, stride):
        layers = super().own_layers(stride)
        strides = [level.stride for level in self.anchor_levels]
        if self.feature_enhancement and stride == strides[0]:
            layers = [*layers, self.enhancement]
        beyond = strides[len(strides) - len(self.steps) :]
        if stride in beyond:
            steps = self.steps[: beyond.index(stride) + 1]
            layers = [*layers, *itertools.chain(*steps)]
        return layers

    def training_outputs(self, images, targets) -> dict:
        """Of a call, with the cells of `dropped_masks` `(B, D)` set to zero in the finest map.

        That is MCDM-B, behind the enhancement (section 4.3).
        """
        maps = self.feature_maps(self.normalize(images), training=True)
        return self.outputs_of(maps, targets)

    def outputs_of(self, maps: list, targets) -> dict:
        if self.mask_dropout:
            finest, *others = maps
            kept = ops.cast(targets["dropped_masks"] == 0, finest.dtype)
            maps = [finest * ops.reshape(kept, (-1, *finest.shape[1:3], 1)), *others]
        return self.training_predictions(maps)

    def compute_losses(self, images, targets, outputs, step=0) -> dict:
        """As of every detector; classification and regression by equation 5 and its weights.

        N_conf is the number of positive anchors and of the negatives that `negative_ratio` gives
        them, also while more are mined (`mining_steps`), which must not make faces count less.
        """
        recipe = self.recipe
        losses = super().compute_losses(images, targets, outputs, step)
        of_each = recipe.classification_weight / (1.0 + recipe.negative_ratio)
        losses["classification"] *= recipe.detection_weight * of_each
        losses["regression"] *= recipe.detection_weight
        return losses
