"""Grouped Fast R-CNN: what a detector of group sampling proposes is judged once more (4.2)."""

from dataclasses import dataclass
from typing import Any, Literal

import keras
from keras import ops

from tfface.anchors import AnchorLevel, level_of_anchors, smallest_side
from tfface.backbones.resnet import ResNetName
from tfface.boxes import clip, decode
from tfface.detectors.base import at_most, take_rows
from tfface.detectors.grouped_fpn import (
    SCALES,
    Feature,
    GroupedDetector,
    GroupedRecipe,
    Variant,
)
from tfface.layers.region_head import RegionHead
from tfface.layers.roi_align import pyramid_roi_align
from tfface.losses.regions import region_losses
from tfface.matching import ThresholdMatcher
from tfface.predict.selection import Selection
from tfface.proposals import make_proposals, nearest_level, pool_size
from tfface.sampling import group_sample
from tfface.suppression import first_kept
from tfface.targets import RegionTargets

PROPOSAL_OVERLAP = 0.7
"""Of the suppression among proposals, in training and use (Faster R-CNN, arXiv:1506.01497, 3.3)."""

_SURE = 1e4
"""Above any logit."""

_SUPPRESSED = -2 * _SURE
"""In place of the logit of a box that a surer one overlaps: so far below any that the second step
cannot raise it to a face."""

_LEAST_SIDE = 1.0
"""Of a region, pixels: what is cut to the picture may have nothing left of it."""

_BY_SCALE = [AnchorLevel(scale, (scale,)) for scale in SCALES]


@dataclass(frozen=True)
class GroupedRCNNRecipe(GroupedRecipe):
    """As `GroupedRecipe`, with the second step.

    Attributes:
        proposals: of a picture; a half of them faces themselves at most.
        proposal_sampler: group, of every scale as many proposals (grouped), or random, as many of
            all together.
        proposal_samples: of every scale; a share of positive_fraction are faces at most.
        proposal_positive: IoU from which a proposal is positive (0.5 in Fast R-CNN).
        proposal_negative: IoU below which it is background.
        proposal_weight: of both losses of the second step.
    """

    proposals: int = 512
    proposal_sampler: Literal["group", "random"] = "group"
    proposal_samples: int = 128
    proposal_positive: float = 0.5
    proposal_negative: float = 0.5
    proposal_weight: float = 1.0


@keras.saving.register_keras_serializable(package="tfface")
class GroupedFastRCNN(GroupedDetector):
    """A `GroupedFPN` whose boxes are cut out of its finest map, scored anew and moved.

    Both steps train together. `scores` and `offsets` are those of the first step, and `features`
    `(B, rows, columns, filters)` the map that regions are cut out of; `candidates` gives the boxes
    and scores of the second. Of the first the surest `selection.candidates` that suppression leaves
    are judged.

    Args:
        variant: of the first step: rpn, fpn, finest_stride or finest, see `GroupedFPN`.
        feature: of finest, the map that its anchors stand on: P2, P3, P4, C3 or C4.
        backbone: ResNet of 18 to 152 layers.
        width: multiplier of the channels of the backbone.
        filters: channels of the pyramid and before the heads.
        roi_size: rows and columns of the features of a proposal.
        units: of both fully connected layers of the second step.

    Raises:
        ValueError: what `GroupedFPN` refuses, or a roi_size or units below 1.
    """

    recipe_class = GroupedRCNNRecipe
    selection = Selection(iou_threshold=0.4, candidates=300, max_detections=300)
    rescores_candidates = True
    learns_from_maps = False

    def __init__(
        self,
        variant: Variant = "finest",
        feature: Feature = "P2",
        backbone: ResNetName = "resnet18",
        width: float = 1.0,
        filters: int = 256,
        roi_size: int = 7,
        units: int = 256,
        **kwargs,
    ):
        if roi_size < 1 or units < 1:
            raise ValueError(f"expected roi_size and units of 1 or more, got {roi_size}, {units}")
        self.loss_names = (*type(self).loss_names, "region_classification", "region_regression")
        super().__init__(variant, feature, backbone, width, filters, **kwargs)
        self.roi_size = roi_size
        self.units = units
        self.region_head = RegionHead(units)
        channels = filters if self.from_pyramid else self.resnet.channels[-1]
        self.region_head.build((None, roi_size, roi_size, channels))
        self.build_symbolically()

    def adopt(self, recipe: Any) -> None:
        """As `GroupedFPN`.

        Raises:
            ValueError: fewer than two proposals, or no samples of them.
        """
        if recipe.proposals < 2 or recipe.proposal_samples < 1:
            raise ValueError(
                "expected proposals of 2 or more, a face among them, and proposal_samples of 1 or "
                f"more, got {recipe.proposals} and {recipe.proposal_samples}"
            )
        super().adopt(recipe)

    def inference_maps(self, pixels) -> dict:
        maps = self.detection_maps(pixels, training=False)
        return {**self.predict(self.head_maps(maps)), "features": maps[:1]}

    def join(self, maps: dict) -> dict:
        (features,) = maps["features"]
        others = {name: each for name, each in maps.items() if name != "features"}
        return {**super().join(others), "features": features}

    def call(self, images, training=None):
        if not training:
            return super().call(images)
        maps = self.detection_maps(self.normalize(images), training=True)
        return {**self.training_predictions(self.head_maps(maps)), "features": maps[0]}

    def judge(self, features, boxes) -> tuple:
        """What the second step says of regions.

        Args:
            features: `(B, rows, columns, C)`.
            boxes: `(B, n, 4)`, pixels.

        Returns:
            Logits `(B, n)` and offsets `(B, n, 4)`, seen from the boxes.
        """
        levels = ops.zeros_like(boxes[..., 0], "int32")
        stride = self.anchor_levels[0].stride
        regions = pyramid_roi_align([features], boxes, levels, self.roi_size, [stride])
        shape = (-1, self.roi_size, self.roi_size, features.shape[-1])
        scores, offsets = self.region_head(ops.reshape(regions, shape))
        return (
            ops.reshape(scores, ops.shape(levels)),
            ops.reshape(offsets, ops.shape(boxes)),
        )

    def candidates(self, outputs, height, width, limit: int) -> tuple:
        """The surest boxes of the first step as the second sees them, by its scores.

        Of boxes of the first step that overlap by more than `PROPOSAL_OVERLAP` only the surest is
        judged. Where less than `limit` are left, the rest have logits below any other.
        """
        first, boxes = super().candidates(outputs, height, width, pool_size(limit))
        boxes = _regions(boxes, height, width)
        limit = at_most(limit, ops.shape(first)[1])
        kept, there = first_kept(boxes, limit, PROPOSAL_OVERLAP)
        first = ops.where(there, ops.take_along_axis(first, kept, axis=1), _SUPPRESSED)
        boxes = take_rows(boxes, kept)
        scores, offsets = self.judge(outputs["features"], boxes)
        boxes = decode(offsets, boxes, self.box_variances)
        # What is suppressed, and what the first step was told to leave out, stays so.
        scores = ops.minimum(scores, first + _SURE)
        scores, order = ops.top_k(scores, ops.shape(scores)[1])
        return scores, take_rows(boxes, order)

    def rescale_scores(self, scale: float, shift: float) -> None:
        classifier = self.region_head.classifier
        classifier.kernel.assign(scale * classifier.kernel)
        classifier.bias.assign(scale * (classifier.bias - shift))

    def training_outputs(self, images, targets) -> dict:
        """Those of a call, and what the second step says of proposals.

        `regions` `(B, n, 4)`, pixels; `proposed` bool `(B, n)`, whether there is one;
        `region_scores` `(B, n)`, logits; and `region_offsets` `(B, n, 4)`.
        """
        outputs = self(images, training=True)
        height, width = images.shape[1:3]
        anchors = len(level_of_anchors(self.anchor_levels, height, width))
        limit = min(pool_size(self.recipe.proposals), anchors)
        _, surest = ops.top_k(ops.stop_gradient(outputs["scores"]), limit)
        boxes = self.boxes_at(surest, outputs, height, width)
        faces, kinds = targets["faces"], targets["kinds"]
        boxes, _, proposed = make_proposals(
            clip(ops.stop_gradient(boxes), height, width),
            ops.zeros_like(surest, "int32"),
            faces,
            kinds,
            ops.zeros_like(kinds),
            self.recipe.proposals,
            PROPOSAL_OVERLAP,
        )
        regions = _regions(boxes, height, width)
        scores, offsets = self.judge(outputs["features"], regions)
        return {
            **outputs,
            "regions": regions,
            "proposed": proposed,
            "region_scores": scores,
            "region_offsets": offsets,
        }

    def make_targets(self, height: int, width: int) -> RegionTargets:
        return RegionTargets(super().make_targets(height, width))

    def compute_losses(self, images, targets, outputs, step=0) -> dict:
        """As of every detector with anchors, and both losses of the second step."""
        recipe = self.recipe
        matcher = ThresholdMatcher(
            recipe.proposal_positive,
            recipe.proposal_negative,
            smallest=smallest_side(self.anchor_levels),
        )
        regions = outputs["regions"]
        labels, faces = matcher(regions, targets["faces"], targets["kinds"])
        labels = ops.where(outputs["proposed"], labels, -1)
        sampled = ops.where(self._drawn(labels, regions, targets["seed"]), labels, -1)
        losses = super().compute_losses(images, targets, outputs, step)
        return losses | region_losses(recipe, sampled, faces, outputs, self.box_variances)

    def _drawn(self, labels, regions, seed):
        recipe = self.recipe
        groups, count = nearest_level(regions, _BY_SCALE), recipe.proposal_samples
        if recipe.proposal_sampler == "random":
            groups, count = ops.zeros_like(groups), count * len(SCALES)
        return group_sample(
            labels, groups, count, seed, recipe.positive_fraction, group_count=len(SCALES)
        )


def _regions(boxes, height, width):
    """Boxes cut to the picture, each side at least `_LEAST_SIDE`."""
    low, high = ops.split(clip(boxes, height, width), 2, axis=-1)
    return ops.concatenate([low, ops.maximum(high, low + _LEAST_SIDE)], axis=-1)
