"""Detectors whose feature maps may have masks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfface.anchors import AnchorLevel
from tfface.detectors.anchor_detector import AnchorDetector, AnchorRecipe
from tfface.detectors.base import Detector
from tfface.detectors.feature_masks import FeatureMasks, check_mask_levels, join_masks
from tfface.masks import MaskTargets
from tfface.targets import Targets


@dataclass(frozen=True)
class MaskedRecipe(AnchorRecipe):
    """As `AnchorRecipe`, with masks.

    Attributes:
        mask_weight: weight of the mask loss (lambda 1 of feature_masking, 1 there).
    """

    mask_weight: float = 1.0


class MaskedDetector(Detector):
    """A detector with masks of the maps that its heads see, or without.

    With masks the outputs have `masks` `(B, M)` float32 too, 1 where a cell of a masked level is
    kept, else 0; and in training `mask_logits` `(B, M)`. A subclass passes its maps through
    `feature_masks`; without masks it has none of that, and not their weights.
    """

    mask_levels: tuple[int, ...]
    mask_threshold: float
    mask_dropout: float = 0.0
    """Share of the face cells of the finest level that `dropped_masks` of the targets has."""

    def add_masks(self, mask_levels: Sequence[int], mask_threshold: float) -> None:
        """Gives the levels with these indices masks; to be called once, by the constructor."""
        self.mask_levels = check_mask_levels(mask_levels, self.anchor_levels)
        self.mask_threshold = mask_threshold
        if mask_levels:
            self.feature_masks = FeatureMasks(self.mask_levels, self.anchor_levels, mask_threshold)

    def with_masks(self, targets: Targets, height: int, width: int) -> Targets:
        """Targets as given and, where something is masked or dropped, those of the masks."""
        if not self.mask_levels and not self.mask_dropout:
            return targets
        return MaskTargets(
            targets, self.anchor_levels, height, width, self.mask_levels, self.mask_dropout
        )

    def mask_losses(self, images, targets, outputs) -> dict:
        """`mask`, as the recipe's `mask_weight` has it; nothing without masks."""
        if not self.mask_levels:
            return {}
        loss = self.feature_masks.loss(images, targets, outputs)
        return {"mask": self.recipe.mask_weight * loss}

    def predict_masks(self, image: np.ndarray) -> list[np.ndarray]:
        """The masks of one picture.

        Args:
            image: `(H, W, 3)` RGB in 0..255, of any size.

        Returns:
            Of every masked level, the finest first, bool `(H, W)`: whether the cell of a pixel is
            kept.

        Raises:
            ValueError: the detector has no masks.
        """
        if not self.mask_levels:
            raise ValueError(
                f"expected a detector with masks, trained with --mask_levels, got {self.name} "
                "without"
            )
        padded = self.pad(image)
        masks = self(padded[None], training=False)["masks"]
        return self.feature_masks.over_pixels(masks[0], padded.shape[:2], image.shape[:2])


class MaskedAnchorDetector(MaskedDetector, AnchorDetector):
    """An `AnchorDetector` with masks of the feature maps that its heads see, or without.

    Args:
        anchor_levels: where its anchors sit.
        mask_levels: indices of the levels that have a mask.
        mask_threshold: probability above which a cell is kept.
    """

    recipe_class = MaskedRecipe

    def __init__(
        self,
        anchor_levels: Sequence[AnchorLevel],
        mask_levels: Sequence[int],
        mask_threshold: float,
        **kwargs,
    ):
        if mask_levels:
            self.loss_names = (*type(self).loss_names, "mask")
        super().__init__(anchor_levels, **kwargs)
        self.add_masks(mask_levels, mask_threshold)

    def inference_maps(self, pixels) -> dict:
        maps = self.feature_maps(pixels, training=False)
        if not self.mask_levels:
            return self.predict(maps)
        maps, masks = self.feature_masks.apply_in_inference(maps)
        return {**self.predict(maps), "masks": masks}

    def join(self, maps: dict) -> dict:
        if not self.mask_levels:
            return super().join(maps)
        maps = dict(maps)
        masks = maps.pop("masks")
        return {**super().join(maps), "masks": join_masks(masks)}

    def training_predictions(self, maps: list) -> dict:
        if not self.mask_levels:
            return super().training_predictions(maps)
        maps, logits = self.feature_masks(maps)
        return {**super().training_predictions(maps), "mask_logits": join_masks(logits)}

    def own_layers(self, stride):
        layers = super().own_layers(stride)
        masked = [self.anchor_levels[index].stride for index in self.mask_levels]
        if stride not in masked:
            return layers
        return [*layers, self.feature_masks.of_level(self.mask_levels[masked.index(stride)])]

    def make_targets(self, height: int, width: int) -> Targets:
        return self.with_masks(super().make_targets(height, width), height, width)

    def compute_losses(self, images, targets, outputs, step=0) -> dict:
        losses = super().compute_losses(images, targets, outputs, step)
        return {**losses, **self.mask_losses(images, targets, outputs)}
