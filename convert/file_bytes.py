"""What stands where in the bytes of a file, as part of an exported graph."""

import tensorflow as tf


def bytes_at(content: tf.Tensor, at: tf.Tensor | int, count: tf.Tensor | int) -> tf.Tensor:
    """So many bytes of a string; fewer, or none, where it ends before."""
    end = tf.strings.length(content)
    at = tf.where(at < 0, end, tf.minimum(at, end))
    return tf.strings.substr(content, at, tf.maximum(count, 0))


def number_at(
    content: tf.Tensor, at: tf.Tensor | int, dtype: tf.DType, little_endian: bool = False
) -> tf.Tensor:
    """An integer in a string, int32 `()`; beyond the end there are zeros."""
    numbers = tf.io.decode_raw(
        bytes_at(content, at, dtype.size), dtype, little_endian, fixed_length=dtype.size
    )
    return tf.cast(numbers[0], tf.int32)
