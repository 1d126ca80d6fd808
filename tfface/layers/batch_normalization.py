"""Batch normalisation that trains at the speed of TensorFlow's fused kernel."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfface")
class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization` over channels, for maps `(B, H, W, C)`.

    In training under TensorFlow Keras 3 composes it from elementary operations, which costs five
    times the fused kernel on a CPU and made up half of a training step of FBI. Here that one case
    calls the fused kernel; inference and other backends are those of Keras.
    """

    def call(self, inputs, training=None, mask=None):
        fused = training and self.trainable and keras.backend.backend() == "tensorflow"
        if not fused:
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs,
            ops.convert_to_tensor(self.gamma),
            ops.convert_to_tensor(self.beta),
            epsilon=self.epsilon,
            is_training=True,
        )
        for running, of_batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            running.assign(running * self.momentum + of_batch * (1.0 - self.momentum))
        return outputs


def freeze_normalization(layer: keras.layers.Layer, frozen: bool) -> None:
    """Has all batch normalisation in a layer keep its statistics and scales, or learn them."""
    for part in layer._flatten_layers():
        if isinstance(part, BatchNormalization):
            part.trainable = not frozen
