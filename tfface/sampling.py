"""Which anchors train."""

from keras import ops


def hard_negatives(losses, labels, ratio: float, minimum: int):
    """The background anchors with the highest losses, picture by picture (online hard example mining of SSD).

    Args:
        losses: `(B, A)` classification loss of every anchor.
        labels: `(B, A)` int: 1 face, 0 background, -1 ignored.
        ratio: negatives for each positive anchor of the picture.
        minimum: negatives of a picture with fewer positives, so that pictures without a face train too.

    Returns:
        bool `(B, A)`. At most a quarter of all anchors is chosen. Of anchors whose loss equals the last one
        chosen all are taken.
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
