"""L2 normalisation of the features of every cell (ParseNet, arXiv:1506.04579)."""

import keras
from keras import ops

from tfface.detectors.scopes import FLOAT_SCOPE

EPSILON = 1e-10
"""Of a cell whose features are all zero."""


@keras.saving.register_keras_serializable(package="tfface")
class L2Normalization(keras.layers.Layer):
    """Features divided by their length in every cell, times a learned scale of every channel.

    The fine maps of VGG have far larger values than the coarse ones.

    Args:
        scale: first value of the scales.

    Call arguments:
        features: `(B, H, W, C)`.

    Returns:
        As `features`.
    """

    def __init__(self, scale: float, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def build(self, shape):
        self.scales = self.add_weight(
            name="scales",
            shape=(shape[-1],),
            initializer=keras.initializers.Constant(self.scale),
        )

    def call(self, features):
        with keras.name_scope(FLOAT_SCOPE):
            # By way of a convolution: XNNPACK has no sum over channels.
            values = ops.cast(features, "float32")
            length = ops.conv(ops.square(values), ops.ones((1, 1, features.shape[-1], 1)))
            normalized = values * ops.rsqrt(length + EPSILON)
        return ops.cast(normalized, features.dtype) * self.scales

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}
