"""Convolution, batch normalisation and ReLU: the unit that every network here is made of."""

from typing import Literal

import keras
from keras import ops

from tfface.layers.batch_normalization import BatchNormalization
from tfface.layers.composite import CompositeLayer

BATCH_NORM_MOMENTUM = 0.97
BATCH_NORM_EPSILON = 1e-3

Padding = Literal["same", "as_even", "symmetric"]


@keras.saving.register_keras_serializable(package="tfface")
class ConvBlock(CompositeLayer):
    """A convolution without bias, batch normalisation and ReLU; strides round the size up.

    Args:
        filters: output channels (twice as many with `crelu`).
        kernel_size: side of the square kernel.
        strides: step, in cells of the input.
        crelu: concatenate the normalised maps with their negatives before the ReLU (C.ReLU,
            arXiv:1603.05201; the first layers of FaceBoxes).
        padding: `same`, which costs no copy, begins one cell earlier at odd sides of the input than
            at even ones; `as_even` and `symmetric` sample the same places at both. `as_even` is
            "same" padding at even sides, `symmetric` has as many cells before the input as behind
            it, as PyTorch and Caffe pad.
        dilation: distance of the cells that the kernel reads, without strides.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        strides: int = 1,
        crelu: bool = False,
        padding: Padding = "same",
        dilation: int = 1,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.crelu = crelu
        self.padding = padding
        self.dilation = dilation
        self.convolution = keras.layers.Conv2D(
            filters,
            kernel_size,
            strides=strides,
            padding="same" if padding == "same" else "valid",
            dilation_rate=dilation,
            use_bias=False,
            kernel_initializer="glorot_uniform",
        )
        self.normalization = BatchNormalization(
            momentum=BATCH_NORM_MOMENTUM, epsilon=BATCH_NORM_EPSILON
        )

    def call(self, inputs, training=None):
        if self.padding != "same":
            spare = self.kernel_size - (self.strides if self.padding == "as_even" else 1)
            before = max(spare, 0) // 2
            # Behind it as much more as a last stride may need.
            margins = (before, self.kernel_size - 1 - before)
            inputs = ops.pad(inputs, ((0, 0), margins, margins, (0, 0)))
        outputs = self.normalization(self.convolution(inputs), training=training)
        if self.crelu:
            outputs = ops.concatenate([outputs, -outputs], axis=-1)
        return ops.relu(outputs)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "crelu": self.crelu,
            "padding": self.padding,
            "dilation": self.dilation,
        }
