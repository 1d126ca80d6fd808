"""Classification losses of anchors."""

from keras import ops

from tfface.layers.two_class_head import face_logits


def softmax_cross_entropy(labels, logits):
    """Two-class softmax loss of every anchor.

    Args:
        labels: `(..., A)`, 1 face, 0 background; other values are taken as background.
        logits: `(..., A, 2)`, class 1 is face.

    Returns:
        `(..., A)` float32, not negative; where an anchor does not count is for the caller to say.
    """
    difference = face_logits(logits)
    return ops.softplus(ops.where(labels == 1, -difference, difference))
