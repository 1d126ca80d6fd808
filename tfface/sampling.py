"""Which anchors train."""

from keras import ops


def hard_negatives(losses, labels, ratio, minimum: int):
    """The background anchors with the highest losses, picture by picture (as in SSD).

    Args:
        losses: `(B, A)` classification loss of every anchor.
        labels: `(B, A)` int: 1 face, 0 background, -1 ignored.
        ratio: negatives for each positive anchor of the picture, a number or a scalar tensor.
        minimum: negatives of a picture with fewer positives, so that pictures without a face train
            too.

    Returns:
        bool `(B, A)`. At most a quarter of all anchors is chosen. Of anchors whose loss equals the
        last one chosen all are taken.
    """
    negative = labels == 0
    positives = ops.sum(ops.cast(labels == 1, "int32"), axis=-1)
    most = max(losses.shape[-1] // 4, 1)
    wanted = ops.cast(ops.cast(positives, "float32") * ratio, "int32")
    wanted = ops.clip(wanted, min(minimum, most), most)
    candidates = ops.where(negative, losses, -1.0)
    ranked = ops.top_k(candidates, most)[0]
    last = ops.take_along_axis(ranked, wanted[:, None] - 1, axis=-1)
    return ops.logical_and(negative, ops.logical_and(candidates >= last, candidates > 0.0))


def annealed_ratio(step, steps: int, first: float, last: float):
    """Negatives for each positive while mining becomes harder.

    From `first` to `last`, evenly in octaves. A network without pretraining that sees only the
    hardest of 20,000 negatives learns that all anchors are alike: what makes one face score higher
    lifts some of the hardest negatives, and they weigh as much. With many negatives it ranks them
    first.

    Args:
        step: integer scalar, from 0.
        steps: when `last` is reached; 0 for `last` from the beginning.
    """
    if not steps:
        return last
    progress = ops.minimum(ops.cast(step, "float32") / steps, 1.0)
    return first * ops.power(last / first, progress)
