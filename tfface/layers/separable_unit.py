"""A 1x1 convolution, then a 3x3 one of every channel by itself: the unit of YuNet."""

import keras
from keras import ops

from tfface.detectors.scopes import FLOAT_SCOPE
from tfface.layers.composite import CompositeLayer


@keras.saving.register_keras_serializable(package="tfface")
class SeparableUnit(CompositeLayer):
    """A 1x1 convolution and a depthwise 3x3 one, both with biases, and ReLU.

    Without the ReLU it predicts, which stays float32 in a file of integers: there the map between
    the convolutions would have 256 steps, and the second multiplies them by large weights of both
    signs, which tell a point from those around it.

    Args:
        filters: output channels.
        activate: whether the ReLU follows.
        bias: the first value of the biases of the second convolution.
        dtype: as of every layer; float32 for what predicts.
    """

    def __init__(self, filters: int, activate: bool = True, bias: float = 0.0, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.activate = activate
        self.pointwise = keras.layers.Conv2D(filters, 1, dtype=self.dtype_policy)
        self.bias = bias
        self.depthwise = keras.layers.DepthwiseConv2D(
            3,
            padding="same",
            bias_initializer=keras.initializers.Constant(bias),
            dtype=self.dtype_policy,
        )

    def call(self, inputs):
        if self.activate:
            return ops.relu(self._convolve(inputs))
        with keras.name_scope(FLOAT_SCOPE):
            return self._convolve(inputs)

    def _convolve(self, inputs):
        return self.depthwise(self.pointwise(inputs))

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "activate": self.activate,
            "bias": self.bias,
        }
