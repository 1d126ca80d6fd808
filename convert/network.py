"""The network of a detector as an exported graph runs it, rewritten where that makes it faster."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import NDArray

from convert.quantization import NETWORK_SCOPE, OFFSETS_SCOPE, SCORES_SCOPE
from tfface.detectors.base import IMAGE_MEAN, Detector

LOGITS = 2
OFFSETS = 4


@dataclass(frozen=True)
class Head:
    """One prediction head, split in two.

    A softmax over two logits is the sigmoid of their difference, so one channel an anchor is
    enough; and offsets apart from it need no strided copy to be taken out again.

    Attributes:
        difference_kernel: `(k, k, C, n)`, for the logit of a face minus that of the background, of
            n anchors a cell.
        difference_bias: `(n,)`.
        offset_kernel: `(k, k, C, 4 n)`.
        offset_bias: `(4 n,)`.
    """

    difference_kernel: NDArray[np.float32]
    difference_bias: NDArray[np.float32]
    offset_kernel: NDArray[np.float32]
    offset_bias: NDArray[np.float32]

    def differences(self, features: tf.Tensor) -> tf.Tensor:
        """Logit differences `(B, rows, columns, n)` of a feature map `(B, rows, columns, C)`."""
        return tf.nn.conv2d(features, self.difference_kernel, 1, "SAME") + self.difference_bias

    def offsets(self, features: tf.Tensor) -> tf.Tensor:
        """Box offsets `(B, rows, columns, 4 n)` of a feature map `(B, rows, columns, C)`."""
        return tf.nn.conv2d(features, self.offset_kernel, 1, "SAME") + self.offset_bias


def split_head(kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> Head:
    """Splits the convolution `(k, k, C, 6 n)` of `tfface.detectors.base.Detector.heads`."""
    channels = LOGITS + OFFSETS
    kernel = kernel.reshape(*kernel.shape[:3], -1, channels)
    bias = bias.reshape(-1, channels)
    return Head(
        difference_kernel=kernel[..., 1] - kernel[..., 0],
        difference_bias=bias[:, 1] - bias[:, 0],
        offset_kernel=kernel[..., LOGITS:].reshape(*kernel.shape[:3], -1),
        offset_bias=bias[:, LOGITS:].reshape(-1),
    )


def split_heads(detector: Detector) -> list[Head]:
    """The heads of a detector, one an anchor level; their weights become constants."""
    return [
        split_head(ops.convert_to_numpy(head.kernel), ops.convert_to_numpy(head.bias))
        for head in detector.heads
    ]


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


def subtract_mean(pixels: tf.Tensor) -> tf.Tensor:
    """Float pixels `(B, H, W, 3)` minus the mean that detectors are trained with.

    The mean is spread over a whole row, whatever the width is: XNNPACK subtracts a row in a quarter
    of the time that three numbers take (0.3 for 1.2 ms at 640x480).
    """
    mean = tf.constant(IMAGE_MEAN)
    row_of_means = tf.maximum(tf.minimum(pixels[:, :1], mean), mean)
    return pixels - row_of_means


def predict_maps(
    detector: Detector, heads: list[Head], images: tf.Tensor
) -> list[tuple[tf.Tensor, tf.Tensor]]:
    """Runs the network in inference mode.

    Args:
        detector: gives the feature maps.
        heads: its heads, split.
        images: uint8 `(B, H, W, 3)`, sides multiples of the detector's stride multiple.

    Returns:
        Of every level, with n anchors a cell: logit differences `(B, rows, columns, n)` and offsets
        `(B, rows, columns, 4 n)`.
    """
    pixels = subtract_mean(tf.cast(images, tf.float32))
    with tf.name_scope(NETWORK_SCOPE):
        maps = detector.feature_maps(pixels, training=False)
        with tf.name_scope(SCORES_SCOPE):
            differences = [head.differences(m) for head, m in zip(heads, maps, strict=True)]
        with tf.name_scope(OFFSETS_SCOPE):
            offsets = [head.offsets(m) for head, m in zip(heads, maps, strict=True)]
    return list(zip(differences, offsets, strict=True))


def join_levels(maps: list[tuple[tf.Tensor, tf.Tensor]]) -> tuple[tf.Tensor, tf.Tensor]:
    """Logit differences `(B, A)` and offsets `(B, A, 4)` of what `predict_maps` returns.

    Anchors are in the order of `tfface.anchors.grid_anchors`.
    """
    first = maps[0][0]
    batch = first.shape[0] or tf.shape(first)[0]
    differences = [tf.reshape(level, [batch, -1]) for level, _ in maps]
    offsets = [tf.reshape(level, [batch, -1, OFFSETS]) for _, level in maps]
    return tf.concat(differences, axis=1), tf.concat(offsets, axis=1)
