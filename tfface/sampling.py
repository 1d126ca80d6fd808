"""Which anchors train."""

from typing import Literal

from keras import ops

Sampling = Literal["hard_negatives", "all"]
"""Ways to choose the background anchors that train; the positive ones always do."""


def sampled_anchors(sampling: Sampling, losses, labels, ratio, minimum: int):
    """The anchors whose classification trains: bool `(B, A)`.

    Args:
        sampling: "hard_negatives" (as in SSD) or "all" that are not ignored.
        losses, labels, ratio, minimum: as in `hard_negatives`.

    Raises:
        ValueError: another sampling.
    """
    if sampling == "all":
        return labels >= 0
    if sampling == "hard_negatives":
        return ops.logical_or(labels == 1, hard_negatives(losses, labels, ratio, minimum))
    raise ValueError(f"expected the sampling hard_negatives or all, got {sampling!r}")


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
