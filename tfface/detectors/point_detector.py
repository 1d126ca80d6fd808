"""Detectors without anchors of several sizes: one point a cell, matched by what it predicts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import keras
from keras import ops

from tfface.anchors import AnchorLevel, grid_anchors
from tfface.detectors.base import Detector
from tfface.detectors.scopes import OFFSETS_SCOPE, SCORES_SCOPE
from tfface.layers.prediction_head import PRIOR_LOGIT, prediction_head
from tfface.losses.iou import IoULoss, iou_loss, overlap
from tfface.losses.quality import quality_focal, varifocal
from tfface.matching import DynamicMatcher
from tfface.matching.dynamic_matcher import MatchCost
from tfface.replicas import share_of_batch
from tfface.targets import FaceTargets

_CLASSIFICATION: dict[str, Callable] = {"quality_focal": quality_focal, "varifocal": varifocal}


@dataclass(frozen=True)
class PointRecipe:
    """How points train.

    Attributes:
        classification: loss of the scores, whose target is the overlap of box and face.
        box_loss: loss of the boxes.
        box_weight: of that loss beside the classification.
        match_cost: of the score, by which a face chooses points: `simota` for a detector that knows
            faces, `rtmdet` from scratch.
        match_window: cells around the centre of a face, on either side, that may find it.
    """

    classification: Literal["quality_focal", "varifocal"] = "quality_focal"
    box_loss: IoULoss = "eiou"
    box_weight: float = 2.0
    match_cost: MatchCost = "rtmdet"
    match_window: int = 2


class PointDetector(Detector):
    """A score and a box for every cell; the score learns how well the box fits.

    A point is an anchor of `unit` strides with variances of 1: `offsets` are the shift of the
    centre in that unit, and the logarithm of the sides in it.

    Subclasses write `backbone_maps(pixels, training)`, one map per stride, and
    `neck_maps(levels, training)`, what the heads read of them.
    """

    pixel_mean = (0.0, 0.0, 0.0)  # int8 holds 0..255 as they are, and nothing is to be subtracted
    box_variances = (1.0, 1.0, 1.0, 1.0)
    learns_from_maps = True
    loss_names = ("classification", "regression")
    recipe_class = PointRecipe

    def __init__(self, strides: Sequence[int], unit: int = 2, **kwargs):
        super().__init__([AnchorLevel(stride, (unit * stride,)) for stride in strides], **kwargs)
        self.score_heads = [self.make_head(1, PRIOR_LOGIT) for _ in strides]
        self.offset_heads = [self.make_head(4) for _ in strides]

    def make_head(self, channels: int, bias: float = 0.0) -> keras.layers.Layer:
        """What predicts `channels` numbers a point; `bias` is what it predicts at first."""
        return prediction_head(channels, 1, bias)

    def backbone_maps(self, pixels, training=None) -> list:
        raise NotImplementedError(f"{type(self).__name__} must return one map per stride.")

    def neck_maps(self, levels: list, training=None) -> list:
        raise NotImplementedError(f"{type(self).__name__} must return one map per stride.")

    def feature_maps(self, pixels, training=None) -> list:
        """One map per stride, which the heads read."""
        return self.neck_maps(self.backbone_maps(pixels, training=training), training=training)

    def predict_points(self, maps: list) -> dict:
        """Maps of scores and offsets, as `inference_maps` returns them, of the feature maps."""
        with keras.name_scope(SCORES_SCOPE):
            scores = [head(level) for head, level in zip(self.score_heads, maps, strict=True)]
        with keras.name_scope(OFFSETS_SCOPE):
            offsets = [head(level) for head, level in zip(self.offset_heads, maps, strict=True)]
        return {"scores": scores, "offsets": offsets}

    def inference_maps(self, pixels) -> dict:
        return self.predict_points(self.feature_maps(pixels, training=False))

    def call(self, images, training=None):
        return self.training_predictions(
            self.feature_maps(self.normalize(images), training=training)
        )

    def training_predictions(self, maps: list) -> dict:
        """What a call returns, of the feature maps."""
        return self.join(self.predict_points(maps))

    def outputs_of(self, maps: list, targets) -> dict:
        """What `training_outputs` returns, of the feature maps."""
        return self.training_predictions(maps)

    def rescale_scores(self, scale: float, shift: float) -> None:
        for head in self.score_heads:
            head.kernel.assign(scale * head.kernel)
            head.bias.assign(scale * (head.bias - shift))

    def make_targets(self, height: int, width: int) -> FaceTargets:
        return FaceTargets(self.anchor_levels, height, width)

    def compute_losses(self, images, targets, outputs, step=0) -> dict:
        """Scalar losses by name; their sum is minimised.

        Args:
            images: the batch.
            targets: of `tfface.targets.FaceTargets`.
            outputs: of `training_outputs`.
            step: not used.
        """
        height, width = images.shape[1:3]
        anchors = grid_anchors(self.anchor_levels, height, width)
        scores = ops.cast(outputs["scores"], "float32")
        boxes = self.decode(outputs, anchors)
        recipe = self.recipe
        matcher = DynamicMatcher(
            self.anchor_levels, height, width, recipe.match_cost, recipe.match_window
        )
        owners = matcher(scores, boxes, targets["faces"], targets["kinds"])
        positive = owners >= 0
        faces = ops.take_along_axis(targets["faces"], ops.maximum(owners, 0)[..., None], axis=1)
        # Where there is no face a point is held against its own box: a loss of 0, and finite.
        faces = ops.where(positive[..., None], faces, ops.stop_gradient(boxes))
        qualities = ops.where(positive, ops.stop_gradient(overlap(boxes, faces)), 0.0)
        classification = _CLASSIFICATION[self.recipe.classification](qualities, scores)
        counts = ops.logical_or(positive, ops.logical_not(targets["ignored"]))
        regression = iou_loss(boxes, faces, self.recipe.box_loss)
        found = ops.sum(ops.cast(positive, "float32"))
        return {
            "classification": share_of_batch(
                ops.sum(ops.where(counts, classification, 0.0)), ops.sum(qualities)
            ),
            "regression": self.recipe.box_weight
            * share_of_batch(ops.sum(ops.where(positive, regression, 0.0)), found),
        }
