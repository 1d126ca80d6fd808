"""The five detectors of group sampling (section 3): which map has the anchors of which scale."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import keras

from tfface.anchors import AnchorLevel
from tfface.backbones.pretrained import load_backbone_weights
from tfface.backbones.resnet import ResNet, ResNetName
from tfface.detectors.anchor_detector import AnchorDetector, AnchorRecipe
from tfface.layers.batch_normalization import freeze_normalization
from tfface.layers.top_down_pyramid import TopDownPyramid
from tfface.predict.selection import Selection
from tfface.sampling import Sampler

Variant = Literal["rpn", "fpn", "finest_stride", "finest"]
Feature = Literal["P2", "P3", "P4", "C3", "C4"]

SCALES = (16, 32, 64, 128)
"""Of the square anchors, pixels (section 3)."""

STRIDES = (4, 8, 16, 32)
"""Of the maps 2 to 5, and of the anchors of each scale in FPN and FPN-finest-stride."""

COARSEST_MAP = 5


@dataclass(frozen=True)
class GroupedRecipe(AnchorRecipe):
    """How the detectors of group sampling train; the defaults are those of the paper, section 5.

    Attributes:
        regression_weight: of smooth L1, a tenth for SSD's variances: see `RefineFaceRecipe`. The
            losses of overlap want 1.
        frozen_normalization: keep the statistics and scales of the backbone's batch normalisation,
            for few pictures a step.
    """

    sampler: Sampler = "group"
    regression_weight: float = 0.1
    matching: Literal["compensated", "two_pass"] = "two_pass"
    positive_threshold: float = 0.6
    negative_threshold: float = 0.4
    frozen_normalization: bool = False


class GroupedDetector(AnchorDetector):
    """The network of `GroupedFPN`, not built yet, so that a subclass can add to it."""

    recipe_class = GroupedRecipe
    head_kernel_size = 1

    def __init__(
        self, variant: str, feature: str, backbone: str, width: float, filters: int, **kwargs
    ):
        _check(variant, feature, backbone, filters)
        self.feature_names = _feature_names(variant, feature)
        super().__init__(_levels(variant, self.feature_names), **kwargs)
        self.variant = variant
        self.feature = feature
        self.backbone = backbone
        self.width = width
        self.filters = filters
        self.from_pyramid = self.feature_names[0].startswith("P")
        finest = coarsest = min(int(name[1]) for name in self.feature_names)
        if self.from_pyramid:
            coarsest = COARSEST_MAP
            inputs = coarsest - finest + 1
            self.pyramid = TopDownPyramid(filters, inputs, smooth=False, enlargement="bilinear")
        # Its first stage gives C2.
        self.resnet = ResNet(int(backbone.removeprefix("resnet")), width, stages=coarsest - 1)
        self.convolution = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")

    def adopt(self, recipe: Any) -> None:
        super().adopt(recipe)
        frozen = recipe.frozen_normalization or bool(recipe.trained_strides)
        freeze_normalization(self.resnet, frozen)

    def load_backbone(self, source: str) -> None:
        load_backbone_weights(self.resnet, source, self.pixel_mean)

    def detection_maps(self, pixels, training=None) -> list:
        """The maps that anchors stand on, one of each name in `feature_names`."""
        maps = self.resnet(pixels, training=training)
        if self.from_pyramid:
            finest = int(self.feature_names[0][1])
            levels = range(finest, COARSEST_MAP + 1)
            pyramid = self.pyramid([maps[f"C{level}"] for level in levels])
            maps = {f"P{level}": each for level, each in zip(levels, pyramid, strict=True)}
        return [maps[name] for name in self.feature_names]

    def feature_maps(self, pixels, training=None):
        return self.head_maps(self.detection_maps(pixels, training))

    def head_maps(self, maps: list) -> list:
        """What the heads see, one map a level, of `detection_maps`."""
        maps = [self.convolution(level) for level in maps]
        if self.variant != "finest_stride":
            return maps
        steps = [stride // STRIDES[0] for stride in STRIDES]
        # From the middle of a stride on, where its anchor stands.
        return [maps[0][:, step // 2 :: step, step // 2 :: step] for step in steps]


@keras.saving.register_keras_serializable(package="tfface")
class GroupedFPN(GroupedDetector):
    """Anchors of 16 to 128 pixels on one map of a ResNet's pyramid, or on four.

    A 3x3 convolution, the same for all maps, and one head a map stand before the predictions.
    FPN-finest-sampling is the variant `finest` with the sampler `group`, its default.

    Args:
        variant: rpn (all anchors on C4), fpn (each scale on a map of its own, P2 to P5),
            finest_stride (as fpn, but each scale at every first, second, fourth or eighth cell of
            P2, in the middle of its stride), or finest (all anchors at every cell of one map).
        feature: of finest, that map (Table 2): P2, P3, P4, C3 or C4.
        backbone: ResNet of 18 to 152 layers.
        width: multiplier of the channels of the backbone.
        filters: channels of the pyramid and before the heads.

    Raises:
        ValueError: another variant, feature or backbone, no filters, or a feature beside a variant
            that has its own.
    """

    selection = Selection(iou_threshold=0.4, candidates=1000, max_detections=750)

    def __init__(
        self,
        variant: Variant = "finest",
        feature: Feature = "P2",
        backbone: ResNetName = "resnet18",
        width: float = 1.0,
        filters: int = 256,
        **kwargs,
    ):
        super().__init__(variant, feature, backbone, width, filters, **kwargs)
        self.build_symbolically()


def _feature_names(variant: str, feature: str) -> tuple[str, ...]:
    names = {"rpn": ("C4",), "fpn": ("P2", "P3", "P4", "P5"), "finest_stride": ("P2",)}
    return names.get(variant, (feature,))


def _levels(variant: str, names: tuple[str, ...]) -> list[AnchorLevel]:
    if variant in ("fpn", "finest_stride"):
        pairs = zip(STRIDES, SCALES, strict=True)
        return [AnchorLevel(stride, (scale,)) for stride, scale in pairs]
    return [AnchorLevel(2 ** int(names[0][1]), SCALES)]


def _check(variant: str, feature: str, backbone: str, filters: int) -> None:
    for what, given, known in (
        ("variant", variant, get_args(Variant)),
        ("feature", feature, get_args(Feature)),
        ("backbone", backbone, get_args(ResNetName)),
    ):
        if given not in known:
            raise ValueError(f"expected a {what} of {', '.join(known)}, got {given!r}")
    if feature != "P2" and variant != "finest":
        raise ValueError(
            f"expected a feature beside the variant finest alone, got {feature} beside {variant}, "
            "which has its own"
        )
    if filters < 1:
        raise ValueError(f"expected filters of 1 or more, got {filters}")
