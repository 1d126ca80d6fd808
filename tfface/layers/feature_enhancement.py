"""FEM, the feature enhancement module of feature_masking: a map that knows what is around it."""

import keras
from keras import ops

from tfface.layers.composite import CompositeLayer
from tfface.layers.convolution import ConvBlock
from tfface.layers.top_down_pyramid import enlarge

DILATIONS = (1, 2, 3)
"""Of the three branches. The paper says that they differ (section 3.3, figure 3), not by what."""


@keras.saving.register_keras_serializable(package="tfface")
class FeatureEnhancement(CompositeLayer):
    """Two neighbouring maps multiplied with each other, then three dilated convolutions, joined.

    Both maps pass a 1x1 convolution, batch normalisation and ReLU; the coarser is enlarged to the
    size of the finer. Of the branches the first makes half of the channels and the others a quarter
    each, as the depth of the branches in DSFD (arXiv:1810.10220), which this simplifies, has it.

    Args:
        filters: channels of the result, a multiple of 4.

    Call arguments:
        fine: `(B, H, W, C)`.
        coarse: `(B, H / 2, W / 2, D)`.

    Returns:
        `(B, H, W, filters)`.

    Raises:
        ValueError: another number of filters.
    """

    def __init__(self, filters: int, **kwargs):
        super().__init__(**kwargs)
        if filters < 4 or filters % 4:
            raise ValueError(f"expected filters in a multiple of 4, got {filters}")
        self.filters = filters
        self.fine_projection = ConvBlock(filters, 1)
        self.coarse_projection = ConvBlock(filters, 1)
        channels = (filters // 2, filters // 4, filters // 4)
        self.branches = [
            ConvBlock(count, 3, dilation=dilation)
            for count, dilation in zip(channels, DILATIONS, strict=True)
        ]

    def call(self, fine, coarse, training=None):
        fine = self.fine_projection(fine, training=training)
        product = fine * enlarge(self.coarse_projection(coarse, training=training))
        return ops.concatenate(
            [branch(product, training=training) for branch in self.branches], axis=-1
        )

    def get_config(self):
        return {**super().get_config(), "filters": self.filters}
