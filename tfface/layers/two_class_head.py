"""Prediction heads with two logits and four offsets an anchor, taken apart for inference.

A softmax over two logits is the sigmoid of their difference, so in inference one channel an anchor
is enough; and offsets apart from it need no strided copy to be taken out again.
"""

from keras import ops

LOGITS = 2
CHANNELS = LOGITS + 4
"""Of one anchor: logits of background and face, four box offsets."""


def face_logits(logits):
    """The logit of a face of a softmax over two classes: `(..., 2)` -> float32 `(...)`."""
    logits = ops.cast(logits, "float32")
    return logits[..., 1] - logits[..., 0]


def score_map(head, features):
    """Face logits `(B, rows, columns, n)`.

    Args:
        head: a built `keras.layers.Conv2D` of `CHANNELS` channels for each of n anchors.
        features: `(B, rows, columns, C)`.
    """
    kernel, bias = _of_anchors(head)
    return _convolve(features, kernel[..., 1] - kernel[..., 0], bias[:, 1] - bias[:, 0])


def offset_map(head, features):
    """Box offsets `(B, rows, columns, 4 n)`; see `score_map`."""
    kernel, bias = _of_anchors(head)
    kernel = ops.reshape(kernel[..., LOGITS:], (*kernel.shape[:3], -1))
    return _convolve(features, kernel, ops.reshape(bias[:, LOGITS:], (-1,)))


def _of_anchors(head):
    kernel, bias = ops.convert_to_tensor(head.kernel), ops.convert_to_tensor(head.bias)
    return (
        ops.reshape(kernel, (*kernel.shape[:3], -1, CHANNELS)),
        ops.reshape(bias, (-1, CHANNELS)),
    )


def _convolve(features, kernel, bias):
    return ops.conv(ops.cast(features, "float32"), kernel, padding="same") + bias
