"""The Inception block of FaceBoxes: four branches that see 3, 1, 3 and 5 cells."""

import keras
from keras import ops

from tfface.layers.composite import CompositeLayer
from tfface.layers.convolution import ConvBlock


@keras.saving.register_keras_serializable(package="tfface")
class Inception(CompositeLayer):
    """Four branches of `filters` channels, concatenated (FaceBoxes, arXiv:1708.05234, figure 2).

    Args:
        filters: channels of a branch; the block returns four times as many.
        bottleneck_filters: channels of the 1x1 convolutions in front of the 3x3 ones.
        count_padding: whether the average over 3x3 cells has zeros around the map among them, as in
            the released code of FaceBoxes, or is that of the cells there are.
    """

    def __init__(
        self, filters: int, bottleneck_filters: int, count_padding: bool = False, **kwargs
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.bottleneck_filters = bottleneck_filters
        self.count_padding = count_padding
        padding = "valid" if count_padding else "same"
        self.pool = keras.layers.AveragePooling2D(3, strides=1, padding=padding)
        self.pool_projection = ConvBlock(filters, 1)
        self.projection = ConvBlock(filters, 1)
        self.reduction_3x3 = ConvBlock(bottleneck_filters, 1)
        self.convolution_3x3 = ConvBlock(filters, 3)
        self.reduction_5x5 = ConvBlock(bottleneck_filters, 1)
        self.first_5x5 = ConvBlock(filters, 3)
        self.second_5x5 = ConvBlock(filters, 3)

    def call(self, inputs, training=None):
        pooled = inputs
        if self.count_padding:
            pooled = ops.pad(inputs, ((0, 0), (1, 1), (1, 1), (0, 0)))
        branches = [
            self.pool_projection(self.pool(pooled), training=training),
            self.projection(inputs, training=training),
            self.convolution_3x3(self.reduction_3x3(inputs, training=training), training=training),
            self.second_5x5(
                self.first_5x5(self.reduction_5x5(inputs, training=training), training=training),
                training=training,
            ),
        ]
        return ops.concatenate(branches, axis=-1)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "bottleneck_filters": self.bottleneck_filters,
            "count_padding": self.count_padding,
        }
