"""A 1x1 convolution, then a 3x3 one of every channel by itself: the unit of YuNet."""

import keras
from keras import ops

from tfface.layers.composite import CompositeLayer


@keras.saving.register_keras_serializable(package="tfface")
class SeparableUnit(CompositeLayer):
    """A 1x1 convolution and a depthwise 3x3 one, both with biases, and ReLU.

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
        outputs = self.depthwise(self.pointwise(inputs))
        return ops.relu(outputs) if self.activate else outputs

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "activate": self.activate,
            "bias": self.bias,
        }
