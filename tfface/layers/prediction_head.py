"""The last convolution of a head without softmax, and the scores that it begins with."""

import math

import keras

PRIOR = 0.01
"""Score of every anchor before training (focal loss, arXiv:1708.02002, section 3.3)."""

PRIOR_LOGIT = math.log(PRIOR / (1.0 - PRIOR))


def prediction_head(channels: int, kernel_size: int, bias: float = 0.0) -> keras.layers.Conv2D:
    """What predicts `channels` numbers a cell, float32; `bias` is what it predicts at first."""
    return keras.layers.Conv2D(
        channels,
        kernel_size,
        padding="same",
        bias_initializer=keras.initializers.Constant(bias),
        dtype="float32",
    )
