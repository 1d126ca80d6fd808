"""The masks of a detector's maps as one part, for detectors of any kind (feature_masking, FFMM)."""

import math
from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from tfface.anchors import AnchorLevel
from tfface.detectors.base import concatenate, flat
from tfface.layers.composite import CompositeLayer
from tfface.layers.feature_mask import THRESHOLD, FeatureMask
from tfface.losses.mask import mask_cross_entropy
from tfface.predict.runtime import Size


def check_mask_levels(mask_levels: Sequence[int], levels: Sequence[AnchorLevel]) -> tuple[int, ...]:
    """The levels to mask, rising, each once.

    Raises:
        ValueError: a level that is not there.
    """
    chosen = tuple(sorted(set(mask_levels)))
    if not set(chosen) <= set(range(len(levels))):
        raise ValueError(
            f"expected mask_levels among 0 (the finest) to {len(levels) - 1}, got "
            f"{', '.join(map(str, mask_levels))}"
        )
    return chosen


@keras.saving.register_keras_serializable(package="tfface")
class FeatureMasks(CompositeLayer):
    """A `FeatureMask` for some levels of a detector, what it predicts, and what it loses.

    Args:
        mask_levels: of `check_mask_levels`; at least one.
        anchor_levels: of the detector.
        threshold: of `FeatureMask`.
    """

    def __init__(
        self,
        mask_levels: Sequence[int],
        anchor_levels: Sequence[AnchorLevel],
        threshold: float = THRESHOLD,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.mask_levels = tuple(mask_levels)
        self.levels = [anchor_levels[index] for index in self.mask_levels]
        self.masks = {str(index): FeatureMask(threshold) for index in self.mask_levels}

    def call(self, maps: list) -> tuple[list, list]:
        """All maps, masked where they have a mask; and logits `(B, rows, columns)` of those."""
        pairs = {index: self.of_level(index)(maps[index]) for index in self.mask_levels}
        return _replace(maps, pairs), [logits for _, logits in pairs.values()]

    def apply_in_inference(self, maps: list) -> tuple[list, list]:
        """As a call; and the masks of 0 and 1, `(B, rows, columns, 1)`."""
        pairs = {
            index: self.of_level(index).apply_in_inference(maps[index])
            for index in self.mask_levels
        }
        return _replace(maps, pairs), [mask for _, mask in pairs.values()]

    def of_level(self, index: int) -> FeatureMask:
        """The layer of a level that has a mask."""
        return self.masks[str(index)]

    def cells(self, height: int, width: int) -> list[int]:
        """Cells of every masked level over an image of that size."""
        return [math.prod(level.grid_shape(height, width)) for level in self.levels]

    def loss(self, images, targets, outputs):
        """The cross entropy of `mask_logits` `(B, M)` with the target `masks`."""
        cells = self.cells(*images.shape[1:3])
        return mask_cross_entropy(targets["masks"], outputs["mask_logits"], cells)

    def over_pixels(self, masks, input_size: Size, picture_size: Size) -> list[np.ndarray]:
        """The output `masks` `(M,)` of one input, a bool array of `picture_size` a level.

        The picture lies in the upper left corner of the input.
        """
        (height, width), parts, first = picture_size, [], 0
        values = ops.convert_to_numpy(masks) > 0.5
        for level in self.levels:
            rows, columns = level.grid_shape(*input_size)
            cells = values[first : first + rows * columns].reshape(rows, columns)
            pixels = cells.repeat(level.stride, axis=0).repeat(level.stride, axis=1)
            parts.append(pixels[:height, :width])
            first += rows * columns
        return parts


def join_masks(maps: list):
    """Maps `(B, rows, columns)` or `(B, rows, columns, 1)` one after the other: `(B, M)`."""
    return concatenate([flat(each) for each in maps])


def _replace(maps: list, pairs: dict) -> list:
    return [pairs[index][0] if index in pairs else each for index, each in enumerate(maps)]
