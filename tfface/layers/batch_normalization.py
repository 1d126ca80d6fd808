"""Batch normalisation that trains at the speed of TensorFlow's fused kernel."""

import keras
from keras import ops

from tfface.replicas import replica_count, sum_over_replicas


@keras.saving.register_keras_serializable(package="tfface")
class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization` over channels, for maps `(B, H, W, C)`.

    In training under TensorFlow Keras 3 composes it from elementary operations, which costs five
    times the fused kernel on a CPU and made up half of a training step of FBI. Here that one case
    calls the fused kernel; inference and other backends are those of Keras. Where several replicas
    share a batch, the statistics are those of all of it.
    """

    def call(self, inputs, training=None, mask=None):
        fused = training and self.trainable and keras.backend.backend() == "tensorflow"
        if not fused:
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        gamma, beta = ops.convert_to_tensor(self.gamma), ops.convert_to_tensor(self.beta)
        if replica_count() == 1:
            outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
                inputs, gamma, beta, epsilon=self.epsilon, is_training=True
            )
        else:
            outputs, mean, variance = _normalize_together(inputs, gamma, beta, self.epsilon)
        for running, of_batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            running.assign(running * self.momentum + of_batch * (1.0 - self.momentum))
        return outputs


def _normalize_together(inputs, gamma, beta, epsilon: float):
    """What the fused kernel returns, of the maps of all replicas."""
    values = ops.cast(inputs, "float32")
    count = float(replica_count()) * ops.cast(ops.size(values[..., 0]), "float32")
    sums = ops.stack([ops.sum(power, axis=(0, 1, 2)) for power in (values, ops.square(values))])
    mean, square = ops.unstack(sum_over_replicas(sums) / count, 2)
    variance = ops.maximum(square - ops.square(mean), 0.0)
    scale = gamma * ops.rsqrt(variance + epsilon)
    outputs = values * scale + (beta - mean * scale)
    # As the kernel does: the running variance is that of all maps, of which these are a sample.
    return ops.cast(outputs, inputs.dtype), mean, variance * count / (count - 1.0)


def freeze_normalization(layer: keras.layers.Layer, frozen: bool) -> None:
    """Has all batch normalisation in a layer keep its statistics and scales, or learn them."""
    for part in layer._flatten_layers():
        if isinstance(part, keras.layers.BatchNormalization):
            part.trainable = not frozen
