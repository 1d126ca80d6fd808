"""What stands before the predictions of RetinaNet, the same for every map of a pyramid."""

import keras

from tfface.layers.composite import CompositeLayer
from tfface.layers.receptive_field import ReceptiveFieldEnhancement


@keras.saving.register_keras_serializable(package="tfface")
class PredictionTower(CompositeLayer):
    """Four 3x3 convolutions with ReLU (RetinaNet, arXiv:1708.02002, section 4).

    Args:
        filters: channels of input and output.
        receptive_field_enhancement: whether RFE stands in the place of the middle two (RefineFace,
            section 3.5).

    Call arguments:
        maps: `(B, H, W, filters)`.

    Returns:
        `(B, H, W, filters)`.
    """

    def __init__(self, filters: int, receptive_field_enhancement: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.receptive_field_enhancement = receptive_field_enhancement
        if receptive_field_enhancement:
            middle = [ReceptiveFieldEnhancement(filters)]
        else:
            middle = [_convolution(filters) for _ in range(2)]
        self.tower = [_convolution(filters), *middle, _convolution(filters)]

    def call(self, maps):
        for layer in self.tower:
            maps = layer(maps)
        return maps

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "receptive_field_enhancement": self.receptive_field_enhancement,
        }


def _convolution(filters: int) -> keras.layers.Conv2D:
    return keras.layers.Conv2D(filters, 3, padding="same", activation="relu")
