"""Detectors of one step: a feature map a level, and a head that scores and moves its anchors."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import keras
import numpy as np
from keras import ops

from tfface.anchors import AnchorLevel, level_of_anchors
from tfface.detectors.base import Detector
from tfface.detectors.sampled_recipe import SampledRecipe
from tfface.detectors.scopes import OFFSETS_SCOPE, SCORES_SCOPE
from tfface.layers.prediction_head import PRIOR_LOGIT
from tfface.layers.two_class_head import CHANNELS, LOGITS, face_logits, offset_map, score_map
from tfface.losses.multibox import multibox_losses
from tfface.matching import AnchorMatcher, TwoPassMatcher
from tfface.targets import AnchorTargets, Targets, sampled_targets


@dataclass(frozen=True)
class AnchorRecipe(SampledRecipe):
    """How anchors train; the defaults are those of the papers' code.

    Attributes:
        matching: compensated, which finds anchors for every face (`AnchorMatcher`), or two_pass
            (`TwoPassMatcher`, group sampling).
        positive_threshold: IoU from which an anchor is positive.
        negative_threshold: IoU from which an anchor is ignored.
        compensation_threshold: of compensated, IoU of the anchors given to a face with few.
        compensation_count: anchors up to which a face is given some.
        trained_strides: levels to train, with the layers of their own; all else stays, and the
            faces of the other levels are neither learned nor background. None: everything.
    """

    matching: Literal["compensated", "two_pass"] = "compensated"
    positive_threshold: float = 0.35
    negative_threshold: float = 0.3
    compensation_threshold: float = 0.1
    compensation_count: int = 6
    trained_strides: tuple[int, ...] = ()


class AnchorDetector(Detector):
    """A softmax of face and background for every anchor, trained with online hard negatives.

    In training the outputs hold `logits` `(B, A, 2)` too; class 0 is background, class 1 face.
    Subclasses write `feature_maps(pixels, training)`, one map per anchor level.
    """

    head_kernel_size = 3
    learns_from_maps = True
    loss_names: tuple[str, ...] = ("classification", "regression")
    recipe_class = AnchorRecipe
    _is_narrowed = False  # by `trained_strides`
    heads: list[keras.layers.Conv2D]

    def __init__(self, anchor_levels: Sequence[AnchorLevel], **kwargs):
        super().__init__(anchor_levels, **kwargs)
        self.heads = [
            keras.layers.Conv2D(
                CHANNELS * level.anchors_per_cell,
                self.head_kernel_size,
                padding="same",
                kernel_initializer="glorot_uniform",
                dtype="float32",
                name=f"head_stride_{level.stride}",
            )
            for level in self.anchor_levels
        ]

    def feature_maps(self, pixels, training=None) -> list:
        raise NotImplementedError(f"{type(self).__name__} must return one map per anchor level.")

    def inference_maps(self, pixels) -> dict:
        return self.predict(self.feature_maps(pixels, training=False))

    def predict(self, maps: list) -> dict:
        """What `inference_maps` returns, of the feature maps."""
        pairs = list(zip(self.heads, maps, strict=True))
        with keras.name_scope(SCORES_SCOPE):
            scores = [score_map(head, features) for head, features in pairs]
        with keras.name_scope(OFFSETS_SCOPE):
            offsets = [offset_map(head, features) for head, features in pairs]
        return {"scores": scores, "offsets": offsets}

    def call(self, images, training=None):
        if not training:
            return super().call(images)
        return self.training_predictions(self.feature_maps(self.normalize(images), training=True))

    def training_predictions(self, maps: list) -> dict:
        """What a call in training returns, of the feature maps."""
        predictions = []
        for head, features in zip(self.heads, maps, strict=True):
            prediction = head(features)
            predictions.append(ops.reshape(prediction, (ops.shape(prediction)[0], -1, CHANNELS)))
        prediction = ops.concatenate(predictions, axis=1)
        logits, offsets = prediction[..., :LOGITS], prediction[..., LOGITS:]
        return {"logits": logits, "scores": face_logits(logits), "offsets": offsets}

    def outputs_of(self, maps: list, targets) -> dict:
        """What `training_outputs` returns, of the feature maps."""
        return self.training_predictions(maps)

    def rescale_scores(self, scale: float, shift: float) -> None:
        for head in self.heads:
            for weights in (head.kernel, head.bias):
                values = ops.convert_to_numpy(weights).copy()
                of_anchors = values.reshape(*values.shape[:-1], -1, CHANNELS)
                if weights is head.bias:
                    of_anchors[..., 1] -= shift
                of_anchors[..., :LOGITS] *= scale
                weights.assign(values)

    def begin_anew(self) -> None:
        """With focal loss every anchor begins with the score `PRIOR`, else one half.

        At one half the background, a thousand times as many anchors, makes up all of the loss.
        """
        if self.recipe.sampler == "focal":
            # Of the anchors also where a second step has scores of its own.
            AnchorDetector.rescale_scores(self, 1.0, -PRIOR_LOGIT)

    def own_layers(self, stride: int) -> list[keras.layers.Layer]:
        """The layers that the level of that stride needs and not all levels do, but its head."""
        return []

    def adopt(self, recipe: AnchorRecipe) -> None:
        """As `Detector.adopt`; with `trained_strides` only what no other level needs is trained.

        Raises:
            ValueError: a stride that no level has.
        """
        super().adopt(recipe)
        if not recipe.trained_strides and not self._is_narrowed:
            return  # what a detector has frozen by itself stays so
        self._is_narrowed = bool(recipe.trained_strides)
        known = [level.stride for level in self.anchor_levels]
        trained = recipe.trained_strides or known
        if not set(trained) <= set(known):
            raise ValueError(f"expected strides of {known} to train, got {list(trained)}")
        for layer in self.layers:
            layer.trainable = not recipe.trained_strides
        levels = {
            stride: [head, *self.own_layers(stride)]
            for stride, head in zip(known, self.heads, strict=True)
        }
        for layer in itertools.chain(*levels.values()):
            needed_by = {stride for stride, layers in levels.items() if layer in layers}
            layer.trainable = needed_by <= set(trained)

    def _trained_anchors(self, height: int, width: int) -> np.ndarray:
        """Which anchors over an image learn: bool `(A,)`."""
        strides = np.array([level.stride for level in self.anchor_levels])
        trained = np.isin(strides, self.recipe.trained_strides or strides)
        return trained[level_of_anchors(self.anchor_levels, height, width)]

    def _aspects(self, height: int, width: int) -> np.ndarray:
        """Height over width of the anchors over an image: float32 `(A,)`."""
        aspects = np.array([level.aspect for level in self.anchor_levels], np.float32)
        return aspects[level_of_anchors(self.anchor_levels, height, width)]

    def _matcher(self) -> AnchorMatcher | TwoPassMatcher:
        recipe = self.recipe
        thresholds = {
            "positive_threshold": recipe.positive_threshold,
            "negative_threshold": recipe.negative_threshold,
        }
        if recipe.matching == "two_pass":
            return TwoPassMatcher(**thresholds, variances=self.box_variances)
        return AnchorMatcher(
            **thresholds,
            compensation_threshold=recipe.compensation_threshold,
            compensation_count=recipe.compensation_count,
            variances=self.box_variances,
        )

    def make_targets(self, height: int, width: int) -> Targets:
        matcher = self._matcher()
        targets = AnchorTargets(self.anchor_levels, height, width, matcher)
        return sampled_targets(targets, self.recipe, self.anchor_levels, height, width)

    def compute_losses(self, images, targets, outputs, step=0) -> dict:
        """Scalar losses by name; their sum is minimised.

        Args:
            images: the batch.
            targets: `{"labels": (B, A), "offsets": (B, A, 4)}` of `tfface.targets.AnchorTargets`.
            outputs: of `training_outputs`.
            step: of the run; `mining_steps` of the recipe counts them.
        """
        recipe, size = self.recipe, images.shape[1:3]
        if recipe.trained_strides:
            trained = self._trained_anchors(*size)
            targets = {**targets, "labels": ops.where(trained, targets["labels"], -1)}
        ratio, aspects = recipe.ratio_at(step), self._aspects(*size)
        return multibox_losses(targets, outputs, recipe, ratio, self.box_variances, aspects)
