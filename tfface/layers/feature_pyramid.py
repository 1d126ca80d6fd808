"""A light feature pyramid: fine maps learn what coarse ones have understood."""

import keras
from keras import ops

from tfface.layers.composite import CompositeLayer
from tfface.layers.convolution import ConvBlock


@keras.saving.register_keras_serializable(package="tfface")
class FeaturePyramid(CompositeLayer):
    """The top-down path of FPN (arXiv:1612.03144) with sub-pixel enlargement (arXiv:1609.05158).

    From the coarsest map down: a 1x1 convolution gives four times `filters` channels,
        `depth_to_space` turns
    them into a map twice as large, and the 1x1 projection of the next finer map is added. Every sum
    passes a 3x3 convolution. All of it works at any map size and is taken whole by XNNPACK, which
    resizing by nearest neighbours is not.

    Args:
        filters: channels of every output map.

    Call arguments:
        maps: list of feature maps `(B, H, W, C)`, fine to coarse, each twice as large as the next.

    Returns:
        As many maps `(B, H, W, filters)`, in the same order.
    """

    def __init__(self, filters: int, levels: int, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.levels = levels
        self.laterals = [keras.layers.Conv2D(filters, 1) for _ in range(levels)]
        self.enlargements = [keras.layers.Conv2D(4 * filters, 1) for _ in range(levels - 1)]
        self.outputs_3x3 = [ConvBlock(filters, 3) for _ in range(levels)]

    def call(self, maps, training=None):
        merged = ops.relu(self.laterals[-1](maps[-1]))
        pyramid = [self.outputs_3x3[-1](merged, training=training)]
        for index in reversed(range(self.levels - 1)):
            coarse = ops.depth_to_space(self.enlargements[index](merged), 2)
            merged = ops.relu(self.laterals[index](maps[index]) + coarse)
            pyramid.insert(0, self.outputs_3x3[index](merged, training=training))
        return pyramid

    def get_config(self):
        return {**super().get_config(), "filters": self.filters, "levels": self.levels}
