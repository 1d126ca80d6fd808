"""The loss of predicted masks."""

from collections.abc import Sequence

from keras import ops

from tfface.losses.classification import softmax_cross_entropy
from tfface.matching import IGNORED
from tfface.replicas import share_of_batch


def mask_cross_entropy(masks, logits, cells: Sequence[int]):
    """Cross entropy of the masks of all levels (feature_masking, equation 4).

    The paper prints the logarithm of the one-hot label, which is infinite; what is meant is that of
    the prediction. It sums over cells; here every level is its mean over the cells of the batch
    that are not ignored, and the loss the mean of the levels. So a map of 160x160 cells counts as
    much as one of 5x5, and a batch without faces as much as any.

    Args:
        masks: int `(B, M)`, 1 face, 0 background, -1 ignored.
        logits: float32 `(B, M)`, of a face.
        cells: of every level; M is their sum.

    Returns:
        A scalar, not negative; 0 where everything is ignored.
    """
    losses = softmax_cross_entropy(masks, ops.stack([ops.zeros_like(logits), logits], axis=-1))
    counts = ops.cast(masks != IGNORED, "float32")
    levels, first = [], 0
    for count in cells:
        place = slice(first, first + count)
        total = ops.sum(losses[:, place] * counts[:, place])
        levels.append(share_of_batch(total, ops.sum(counts[:, place])))
        first += count
    return sum(levels) / len(levels)
