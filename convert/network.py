"""The network of a detector as an exported graph runs it, and what stands before it."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from convert.quantization import NETWORK_SCOPE
from tfface.detectors.base import Detector


def size_of(images: tf.Tensor) -> tuple[Any, Any]:
    """Height and width of `(B, H, W, C)`: numbers where the shape is fixed, else scalar tensors."""
    dynamic = tf.shape(images)
    return tuple(images.shape[axis] or dynamic[axis] for axis in (1, 2))


def pad_to_multiple(images: tf.Tensor, multiple: int) -> tf.Tensor:
    """Uint8 pictures `(B, H, W, 3)` with black below and right, sides the next multiple.

    One operation pads both sides, also by nothing: a concatenation with black that has no rows
    makes most TFLite runtimes write out of bounds. TFLite pads bytes by `PADV2` alone (`PAD` takes
    floats, and ten times as long), and copies whole rows where a pixel is no axis of its own.
    """
    height, width = size_of(images)
    below, right = -height % multiple, -width % multiple
    if images.shape[1:3].is_fully_defined() and below + right == 0:
        return images
    batch, channels = images.shape[0] or tf.shape(images)[0], images.shape[3]
    padded = tf.raw_ops.PadV2(
        input=tf.reshape(images, [batch, height, width * channels]),
        paddings=tf.stack([[0, 0], [0, below], [0, right * channels]]),
        constant_values=tf.zeros((), images.dtype),
    )
    return tf.reshape(padded, [batch, height + below, width + right, channels])


def subtract_mean(pixels: tf.Tensor, mean: Sequence[float]) -> tf.Tensor:
    """Float pixels `(B, H, W, 3)` minus the mean that a detector is trained with.

    The mean is spread over a whole row, whatever the width is: XNNPACK subtracts a row in a quarter
    of the time that three numbers take (0.3 for 1.2 ms at 640x480).
    """
    if not any(mean):
        return pixels
    colour = tf.constant(mean, tf.float32)
    row_of_means = tf.maximum(tf.minimum(pixels[:, :1], colour), colour)
    return pixels - row_of_means


def predict_maps(detector: Detector, images: tf.Tensor) -> dict[str, list[tf.Tensor]]:
    """Runs the network in inference mode.

    Args:
        detector: gives the maps.
        images: uint8 `(B, H, W, 3)`, sides multiples of the detector's stride multiple.

    Returns:
        What `Detector.inference_maps` returns.
    """
    pixels = subtract_mean(tf.cast(images, tf.float32), detector.pixel_mean)
    with tf.name_scope(NETWORK_SCOPE):
        return detector.inference_maps(pixels)
