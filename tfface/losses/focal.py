"""The sigmoid focal loss, and a margin that it may be given."""

from collections.abc import Sequence

import numpy as np
from keras import ops

from tfface.anchors import AnchorLevel, scales_of_anchors
from tfface.losses.quality import cross_entropy


def sigmoid_focal(labels, logits, alpha: float = 0.25, gamma: float = 2.0):
    """Focal loss of two classes (arXiv:1708.02002, equation 5, with the sigmoid of section 4).

    Args:
        labels: `(...)`, 1 face, other values background; whether it counts is for the caller to
            say.
        logits: `(...)` of a face.
        alpha: weight of faces; that of background is `1 - alpha`.
        gamma: how fast the loss of what is nearly right falls.

    Returns:
        float32 `(...)`, not negative.
    """
    face = ops.cast(labels == 1, "float32")
    logits = ops.cast(logits, "float32")
    score = ops.sigmoid(logits)
    missing = face * (1.0 - score) + (1.0 - face) * score
    weight = face * alpha + (1.0 - face) * (1.0 - alpha)
    return weight * ops.power(missing + 1e-7, gamma) * cross_entropy(face, logits)


def scale_aware_margins(
    levels: Sequence[AnchorLevel], height: int, width: int, alpha: float
) -> np.ndarray:
    """What equation 3 of RefineFace takes from the logit of every anchor: float32 `(A,)`.

    `alpha / sqrt(w h)` of an anchor of w x h pixels (equation 4): 1.875 for 8 pixels and an alpha
    of 15, 0.04 for 362.
    """
    return np.float32(alpha) / scales_of_anchors(levels, height, width)


def mean_over_positives(losses, labels, counts=True):
    """The sum of losses that count, by the number of positives that count, at least 1: a scalar.

    Args:
        losses: `(B, A)`; labels: int `(B, A)`, -1 counts never.
        counts: bool, broadcast to `(B, A)`.
    """
    counts = ops.logical_and(labels >= 0, counts)
    positives = ops.sum(ops.cast(ops.logical_and(labels == 1, counts), "float32"))
    return ops.sum(ops.where(counts, losses, 0.0)) / ops.maximum(positives, 1.0)
