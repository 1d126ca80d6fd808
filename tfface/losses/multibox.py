"""The loss of SSD, FaceBoxes and FBI: classes of sampled anchors, offsets of positive ones."""

from keras import ops

from tfface.losses.classification import softmax_cross_entropy
from tfface.losses.regression import smooth_l1
from tfface.replicas import share_of_batch
from tfface.sampling import sampled_anchors


def multibox_losses(targets, outputs, settings, negative_ratio) -> dict:
    """Losses of a batch, divided by its number of positive anchors (SSD, arXiv:1512.02325, eq. 1).

    Args:
        targets: `labels` `(B, A)` int (1 face, 0 background, -1 ignored) and `offsets` `(B, A, 4)`.
        outputs: `logits` `(B, A, 2)` and `offsets` `(B, A, 4)`.
        settings: `sampling`, `minimum_negatives`, `regression_weight`.
        negative_ratio: hard negatives for each positive, a number or a scalar tensor.

    Returns:
        `{"classification": scalar, "regression": scalar}`; finite also when the batch has no face.
    """
    labels = targets["labels"]
    positive = labels == 1
    classification = softmax_cross_entropy(labels, outputs["logits"])
    selected = sampled_anchors(
        settings.sampling,
        ops.stop_gradient(classification),
        labels,
        ratio=negative_ratio,
        minimum=settings.minimum_negatives,
    )
    count = ops.sum(ops.cast(positive, "float32"))
    regression = smooth_l1(targets["offsets"], outputs["offsets"])
    return {
        "classification": share_of_batch(ops.sum(ops.where(selected, classification, 0.0)), count),
        "regression": settings.regression_weight
        * share_of_batch(ops.sum(ops.where(positive, regression, 0.0)), count),
    }
