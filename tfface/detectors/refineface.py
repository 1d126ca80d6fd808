"""RefineFace: fine levels of a pyramid classify in two steps, coarse ones regress in two."""

import math
from typing import get_args

import keras
from keras import ops

from tfface.anchors import AnchorLevel, level_of_anchors
from tfface.backbones.pretrained import load_backbone_weights
from tfface.backbones.resnet import ResNet, ResNetName
from tfface.boxes import clip
from tfface.detectors.feature_masks import join_masks
from tfface.detectors.masked_detector import MaskedDetector
from tfface.detectors.refineface_recipe import RefineFaceRecipe
from tfface.detectors.scopes import OFFSETS_SCOPE, SCORES_SCOPE
from tfface.detectors.two_steps import TwoSteps
from tfface.layers.batch_normalization import freeze_normalization
from tfface.layers.feature_mask import THRESHOLD
from tfface.layers.feature_supervision import FeatureSupervision, Supervision
from tfface.layers.prediction_head import PRIOR_LOGIT, prediction_head
from tfface.layers.prediction_tower import PredictionTower
from tfface.layers.roi_align import pyramid_roi_align
from tfface.layers.top_down_pyramid import TopDownPyramid, reduce
from tfface.losses.two_steps import supervision_loss, two_step_losses
from tfface.matching import AnchorMatcher
from tfface.predict.selection import Selection
from tfface.proposals import make_proposals, nearest_level, pool_size
from tfface.targets import Targets, TwoStepTargets, sampled_targets

LEVELS = (2, 3, 4, 5, 6, 7)
"""Of the pyramid; a level has a stride of 2 ** level."""

COARSEST_MAP = 5
"""A ResNet gives C2 to C5; C6 and C7 are made of C5."""

SCALES, ASPECT = (2.0, 2.0 * math.sqrt(2.0)), 1.25
"""Of the anchors: scales in strides, and height over width (section 3.6)."""

FILTER_THRESHOLD = 0.99
"""What is background by more than this in the first step is no part of the second (3.2)."""

SUPERVISION_OVERLAP = 0.7
"""Of the suppression among proposals (section 3.4)."""


@keras.saving.register_keras_serializable(package="tfface")
class RefineFace(MaskedDetector):
    """RetinaNet on six levels with the five modules of RefineFace, each of which can be left out.

    In the first step the levels of the backbone, C2 to C7, are predicted from, in the second those
    of the pyramid, P2 to P7; both by the same subnets, which all levels share. On levels of
    `two_step_classification` the first step leaves out sure background (STC), on those of
    `two_step_regression` it moves the anchors (STR). `scores` are those of the second step, or of
    the first where it left an anchor out; `offsets` are both moves together, so they are decoded at
    the anchors.

    Args:
        backbone: ResNet of 18 to 152 layers.
        width: multiplier of the channels of the backbone.
        two_step_regression: levels with STR, of 2 to 7 (section 3.1).
        two_step_classification: levels with STC, of 2 to 7 (section 3.2).
        receptive_field_enhancement: RFE in both subnets (section 3.5).
        feature_supervision: FSM in training (section 3.4).
        margin: alpha of the scale-aware margin in training, pixels (SML, section 3.3); 0 for none.
        filters: channels of pyramid and subnets, a multiple of 8.
        supervision: the layers of FSM (Table 8).
        roi_size: rows and columns of the features of a proposal (Table 7).
        mask_levels: indices of the levels of the pyramid with a mask (feature_masking), the finest
            is 0.
        mask_threshold: Th_Mask there, the probability of a face above which a cell is kept.

    Raises:
        ValueError: another backbone, level or number of filters.
    """

    recipe_class = RefineFaceRecipe
    selection = Selection(
        score_threshold=0.05, iou_threshold=0.4, candidates=5000, max_detections=750
    )

    def __init__(
        self,
        backbone: ResNetName = "resnet18",
        width: float = 1.0,
        two_step_regression: tuple[int, ...] = (5, 6, 7),
        two_step_classification: tuple[int, ...] = (2, 3, 4),
        receptive_field_enhancement: bool = True,
        feature_supervision: bool = True,
        margin: float = 15.0,
        filters: int = 256,
        supervision: Supervision = "convolution",
        roi_size: int = 5,
        mask_levels: tuple[int, ...] = (),
        mask_threshold: float = THRESHOLD,
        **kwargs,
    ):
        _check(backbone, filters, (*two_step_regression, *two_step_classification))
        regression, classification = (
            tuple(sorted(set(levels))) for levels in (two_step_regression, two_step_classification)
        )
        self.loss_names = (
            *(["first_classification"] if classification else []),
            *(["first_regression"] if regression else []),
            "classification",
            "regression",
            *(["supervision"] if feature_supervision else []),
            *(["mask"] if mask_levels else []),
        )
        anchor_levels = [
            AnchorLevel(2**level, tuple(2**level * scale for scale in SCALES), aspect=ASPECT)
            for level in LEVELS
        ]
        super().__init__(anchor_levels, **kwargs)
        self.backbone = backbone
        self.width = width
        self.two_step_regression = regression
        self.two_step_classification = classification
        self.receptive_field_enhancement = receptive_field_enhancement
        self.feature_supervision = feature_supervision
        self.margin = margin
        self.filters = filters
        self.supervision = supervision
        self.roi_size = roi_size

        self.resnet = ResNet(int(backbone.removeprefix("resnet")), width)
        inputs = COARSEST_MAP - LEVELS[0] + 1
        self.pyramid = TopDownPyramid(filters, inputs, extra=len(LEVELS) - inputs)
        first_levels = {*regression, *classification}
        self.laterals = {
            str(level): keras.layers.Conv2D(filters, 1) for level in sorted(first_levels)
        }
        self.reductions = [
            keras.layers.Conv2D(filters, 3, strides=2, activation="relu")
            for _ in range(max(first_levels, default=COARSEST_MAP) - COARSEST_MAP)
        ]
        self.class_tower, self.box_tower = (
            PredictionTower(filters, receptive_field_enhancement) for _ in range(2)
        )
        self.class_head = prediction_head(len(SCALES), 3, PRIOR_LOGIT)
        self.box_head = prediction_head(4 * len(SCALES), 3)
        self.filter_logit = self.add_weight(
            name="filter_logit",
            initializer=keras.initializers.Constant(math.log(1.0 / FILTER_THRESHOLD - 1.0)),
            trainable=False,
            autocast=False,
        )
        self.steps = TwoSteps(
            self.anchor_levels,
            tuple(LEVELS.index(level) for level in classification),
            tuple(LEVELS.index(level) for level in regression),
            self.box_variances,
        )
        self.add_masks(mask_levels, mask_threshold)
        if feature_supervision:
            # Last, so that the others are in the same order without it.
            self.supervisor = FeatureSupervision(supervision)
            self.supervisor.build((None, roi_size, roi_size, filters))
        self.build_symbolically()

    def adopt(self, recipe: RefineFaceRecipe) -> None:
        """As `Detector.adopt`; `frozen_normalization` freezes layers of the backbone.

        Raises:
            ValueError: fewer than two proposals.
        """
        if recipe.proposals < 2:
            raise ValueError(
                f"expected proposals of 2 or more, a face among them, got {recipe.proposals}"
            )
        super().adopt(recipe)
        freeze_normalization(self.resnet, recipe.frozen_normalization)

    def load_backbone(self, source: str) -> None:
        load_backbone_weights(self.resnet, source, self.pixel_mean)

    def inference_config(self) -> dict:
        return {**self.get_config(), "feature_supervision": False}

    def inference_weights(self) -> list:
        supervisor = self.supervisor.weights if self.feature_supervision else []
        training_only = {id(weight) for weight in supervisor}
        return [weight for weight in self.weights if id(weight) not in training_only]

    def rescale_scores(self, scale: float, shift: float) -> None:
        self.class_head.kernel.assign(scale * self.class_head.kernel)
        self.class_head.bias.assign(scale * (self.class_head.bias - shift))
        self.filter_logit.assign(scale * (self.filter_logit - shift))

    def _maps(self, pixels, training) -> tuple[list, dict]:
        """The maps of the pyramid, and those of the first step by their level."""
        maps = self.resnet(pixels, training=training)
        pyramid = self.pyramid([maps[f"C{level}"] for level in LEVELS if level <= COARSEST_MAP])
        for level, reduction in enumerate(self.reductions, COARSEST_MAP + 1):
            maps[f"C{level}"] = reduce(reduction, maps[f"C{level - 1}"])
        first = {int(level): lateral(maps[f"C{level}"]) for level, lateral in self.laterals.items()}
        return pyramid, first

    def _predict(self, pyramid: list, first: dict) -> dict:
        """The maps of `inference_maps`, of those of the network."""
        classified = [first[level] for level in self.two_step_classification]
        moved = [first[level] for level in self.two_step_regression]
        for_scores = [self.class_tower(maps) for maps in (*pyramid, *classified)]
        for_offsets = [self.box_tower(maps) for maps in (*pyramid, *moved)]
        with keras.name_scope(SCORES_SCOPE):
            scores = [self.class_head(maps) for maps in for_scores]
        with keras.name_scope(OFFSETS_SCOPE):
            offsets = [self.box_head(maps) for maps in for_offsets]
        levels = len(LEVELS)
        return {
            "scores": scores[:levels],
            "offsets": offsets[:levels],
            "first_scores": scores[levels:],
            "first_offsets": offsets[levels:],
        }

    def inference_maps(self, pixels) -> dict:
        """Maps of the second step, and those of the levels that have a first: `first_scores` and
        `first_offsets`, in their order."""
        pyramid, first = self._maps(pixels, training=False)
        if not self.mask_levels:
            return self._predict(pyramid, first)
        pyramid, masks = self.feature_masks.apply_in_inference(pyramid)
        return {**self._predict(pyramid, first), "masks": masks}

    def join(self, maps: dict) -> dict:
        joined = self.steps.join(maps, self.filter_logit)
        return {**joined, "masks": join_masks(maps["masks"])} if "masks" in maps else joined

    def call(self, images, training=None):
        if not training:
            return super().call(images)
        pyramid, first = self._maps(self.normalize(images), training=True)
        masked = {}
        if self.mask_levels:
            pyramid, logits = self.feature_masks(pyramid)
            masked["mask_logits"] = join_masks(logits)
        maps = self._predict(pyramid, first)
        outputs = {**self.join(maps), **self.steps.separate(maps, self.filter_logit), **masked}
        return {**outputs, "pyramid": pyramid} if self.feature_supervision else outputs

    def training_outputs(self, images, targets) -> dict:
        """Those of a call, and with feature supervision what it says of proposals.

        `proposals` `(B, n, 4)`, pixels; `proposed` bool `(B, n)`, whether there is one; and
        `proposal_scores` `(B, n)`, logits.
        """
        outputs = self(images, training=True)
        if not self.feature_supervision:
            return outputs
        pyramid = outputs.pop("pyramid")
        boxes, levels, proposed = self._proposals(images, targets, outputs)
        strides = [level.stride for level in self.anchor_levels]
        features = pyramid_roi_align(pyramid, boxes, levels, self.roi_size, strides)
        scores = self.supervisor(ops.reshape(features, (-1, *features.shape[2:])))
        return {
            **outputs,
            "proposals": boxes,
            "proposed": proposed,
            "proposal_scores": ops.reshape(scores, ops.shape(proposed)),
        }

    def _proposals(self, images, targets, outputs) -> tuple:
        height, width = images.shape[1:3]
        of_level = level_of_anchors(self.anchor_levels, height, width)
        count = self.recipe.proposals
        _, indices = ops.top_k(
            ops.stop_gradient(outputs["scores"]), min(pool_size(count), len(of_level))
        )
        boxes = clip(self.boxes_at(indices, outputs, height, width), height, width)
        faces = targets["faces"]
        return make_proposals(
            boxes,
            ops.take(ops.array(of_level), indices),
            faces,
            targets["kinds"],
            nearest_level(faces, self.anchor_levels),
            count,
            SUPERVISION_OVERLAP,
        )

    def make_targets(self, height: int, width: int) -> Targets:
        recipe = self.recipe
        first, second = (
            # The paper does not say what becomes of a face that no anchor overlaps enough: here
            # its best anchor is positive.
            AnchorMatcher(positive, negative, compensation_count=1, variances=self.box_variances)
            for positive, negative in (
                (recipe.first_positive, recipe.first_negative),
                (recipe.second_positive, recipe.second_negative),
            )
        )
        targets = TwoStepTargets(
            self.anchor_levels,
            height,
            width,
            first,
            second,
            labelled={*self.steps.classified, *self.steps.moved},
            moved=self.steps.moved,
        )
        sampled = sampled_targets(targets, recipe, self.anchor_levels, height, width)
        return self.with_masks(sampled, height, width)

    def compute_losses(self, images, targets, outputs, step=0) -> dict:
        """Scalar losses by name (equations 1 and 2); their sum is minimised.

        Args:
            images: the batch.
            targets: of `tfface.targets.TwoStepTargets`.
            outputs: of `training_outputs`.
            step: of the run; `mining_steps` of the recipe counts them.
        """
        losses = two_step_losses(
            self.steps, self.recipe, self.margin, targets, outputs, images.shape[1:3], step
        )
        if self.feature_supervision:
            losses["supervision"] = supervision_loss(
                self.recipe, self.anchor_levels, targets, outputs
            )
        return {**losses, **self.mask_losses(images, targets, outputs)}


def _check(backbone: str, filters: int, levels: tuple[int, ...]) -> None:
    if backbone not in get_args(ResNetName):
        raise ValueError(
            f"expected a backbone of {', '.join(get_args(ResNetName))}, got {backbone!r}"
        )
    if filters < 8 or filters % 8:
        raise ValueError(f"expected filters in a multiple of 8, got {filters}")
    if not set(levels) <= set(LEVELS):
        raise ValueError(
            f"expected levels of two steps among {', '.join(map(str, LEVELS))}, got "
            f"{', '.join(map(str, levels))}"
        )
