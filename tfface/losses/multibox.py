"""The loss of SSD, FaceBoxes and FBI: classes of sampled anchors, boxes of positive ones."""

from typing import Any

from keras import ops

from tfface.boxes import VARIANCES
from tfface.layers.two_class_head import face_logits
from tfface.losses.classification import sample_count, sampled_classification
from tfface.losses.regression import regression_losses
from tfface.replicas import share_of_batch


def multibox_losses(
    targets, outputs, settings, negative_ratio, variances=VARIANCES, aspects: Any = 1.0
) -> dict:
    """Losses of a batch, as in SSD (arXiv:1512.02325, equation 1) where nothing else is asked for.

    Args:
        targets: `labels` `(B, A)` int (1 face, 0 background, -1 ignored) and `offsets` `(B, A, 4)`.
        outputs: `logits` `(B, A, 2)` and `offsets` `(B, A, 4)`.
        settings: `sampler`, `minimum_negatives`, `ohem_samples`, `regression_loss`,
            `regression_weight`.
        negative_ratio: hard negatives for each positive, a number or a scalar tensor.
        variances: of the offsets.
        aspects: of the anchors, see `regression_losses`.

    Returns:
        `{"classification": scalar, "regression": scalar}`; finite also when the batch has no face.
        Both are divided by the same number, see `sample_count`.
    """
    labels = targets["labels"]
    logits = face_logits(outputs["logits"])
    return {
        "classification": sampled_classification(settings, labels, logits, negative_ratio),
        "regression": regression(
            settings,
            labels,
            targets["offsets"],
            outputs["offsets"],
            variances,
            sample_count(settings, labels),
            aspects,
        ),
    }


def regression(settings, labels, targets, offsets, variances, divisor, aspects: Any = 1.0):
    """The loss of the boxes of positive anchors: a scalar.

    Args:
        settings: `regression_loss`, `regression_weight`.
        labels: int `(B, A)`; targets, offsets: `(B, A, 4)`; variances, aspects: see
            `regression_losses`.
        divisor: of their sum, float32 scalar; that of the loss of classes, see `sample_count`.
    """
    losses = regression_losses(settings.regression_loss, targets, offsets, variances, aspects)
    total = ops.sum(ops.where(labels == 1, losses, 0.0))
    return settings.regression_weight * share_of_batch(total, divisor)
