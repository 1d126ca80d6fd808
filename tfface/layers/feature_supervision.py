"""Feature supervision (FSM): proposals are classified by the features exactly inside them."""

from typing import Literal, get_args

import keras
from keras import ops

Supervision = Literal["convolution", "fully_connected"]

PARTS = (2, 4, 8)
"""The layers have this part of the channels of the pyramid: 128, 64 and 32 of 256.

The paper gives numbers of parameters alone (Table 8), and these layers, all without biases, have
them: 9 * (256 * 128 + 128 * 64 + 64 * 32 + 32) = 387,360 of 3x3 convolutions, and 25 * 256 * 128
+ 128 * 64 + 64 * 32 + 32 = 829,472 fully connected to features of 5x5.
"""


@keras.saving.register_keras_serializable(package="tfface")
class FeatureSupervision(keras.layers.Layer):
    """The classifier of the feature supervision module (RefineFace, section 3.4, Table 8).

    Three layers with ReLU and one that predicts: 3x3 convolutions, whose map of logits is averaged,
    or fully connected ones. Only training has it.

    Args:
        kind: of the layers.

    Call arguments:
        features: `(n, size, size, C)` of RoIAlign, C a multiple of 8.

    Returns:
        Logits of a face, float32 `(n,)`.

    Raises:
        ValueError: another kind.
    """

    def __init__(self, kind: Supervision = "convolution", **kwargs):
        super().__init__(**kwargs)
        if kind not in get_args(Supervision):
            raise ValueError(
                f"expected a supervision of {' or '.join(get_args(Supervision))}, got {kind!r}"
            )
        self.kind = kind

    def build(self, shape):
        channels = [shape[-1] // part for part in PARTS]
        self.layers = [*(self._layer(count, "relu") for count in channels), self._layer(1, None)]
        if self.kind == "fully_connected":
            shape = (None, shape[1] * shape[2] * shape[3])
        for layer in self.layers:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
        self.built = True

    def _layer(self, channels: int, activation: str | None) -> keras.layers.Layer:
        dtype = self.dtype_policy if activation else "float32"
        if self.kind == "convolution":
            return keras.layers.Conv2D(
                channels, 3, padding="same", activation=activation, use_bias=False, dtype=dtype
            )
        return keras.layers.Dense(channels, activation=activation, use_bias=False, dtype=dtype)

    def call(self, features):
        if self.kind == "fully_connected":
            features = ops.reshape(features, (ops.shape(features)[0], -1))
        for layer in self.layers:
            features = layer(features)
        logits = features[..., 0]
        return ops.mean(logits, axis=(1, 2)) if self.kind == "convolution" else logits

    def get_config(self):
        return {**super().get_config(), "kind": self.kind}
