"""The end of every matching of anchors: labels, and the boxes that positive anchors are to find."""

from collections.abc import Sequence

from keras import ops

from tfface.boxes import encode


def label(positive, uncertain):
    """int32 labels: 1 where positive, else -1 (ignored) where uncertain, else 0 (background)."""
    return ops.cast(ops.where(positive, 1, ops.where(uncertain, -1, 0)), "int32")


def targets_of_owners(
    positive, uncertain, owners, boxes, anchors, variances: Sequence[float]
) -> dict:
    """Training targets of the anchors of one picture.

    Args:
        positive, uncertain: bool `(A,)`, see `label`.
        owners: int32 `(A,)`, which of the boxes is the anchor's; any where it is not positive.
        boxes: float32 `(n, 4)`, n at least 1.
        anchors: float32 `(A, 4)`.
        variances: of `tfface.boxes.encode`.

    Returns:
        `labels` int32 `(A,)`: 1 face, 0 background, -1 ignored; `offsets` float32 `(A, 4)`: the
        encoded box of the anchor's face, defined where the label is 1 and zero elsewhere.
    """
    offsets = encode(ops.take(boxes, owners, axis=0), anchors, variances)
    return {
        "labels": label(positive, uncertain),
        "offsets": offsets * ops.cast(positive, "float32")[:, None],
    }
