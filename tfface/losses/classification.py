"""Classification losses of anchors."""

from keras import ops


def softmax_cross_entropy(labels, logits):
    """Two-class softmax loss of every anchor.

    Args:
        labels: `(..., A)`, 1 face, 0 background; other values are taken as background.
        logits: `(..., A, 2)`, class 1 is face.

    Returns:
        `(..., A)` float32, not negative; where an anchor does not count is for the caller to say.
    """
    logits = ops.cast(logits, "float32")
    difference = logits[..., 1] - logits[..., 0]
    return ops.softplus(ops.where(labels == 1, -difference, difference))


def face_probability(logits):
    """The softmax score of class 1: logits `(..., 2)` -> float32 `(...)` in 0..1."""
    logits = ops.cast(logits, "float32")
    return ops.sigmoid(logits[..., 1] - logits[..., 0])
