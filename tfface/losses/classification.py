"""Classification losses of anchors."""

from keras import ops

from tfface.layers.two_class_head import face_logits
from tfface.losses.focal import mean_over_positives, sigmoid_focal
from tfface.sampling import sampled_anchors


def softmax_cross_entropy(labels, logits):
    """Two-class softmax loss of every anchor.

    Args:
        labels: `(..., A)`, 1 face, 0 background; other values are taken as background.
        logits: `(..., A, 2)`, class 1 is face.

    Returns:
        `(..., A)` float32, not negative; where an anchor does not count is for the caller to say.
    """
    return binary_cross_entropy(labels, face_logits(logits))


def binary_cross_entropy(labels, logits):
    """As `softmax_cross_entropy`, of the logits of a face `(..., A)`."""
    return ops.softplus(ops.where(labels == 1, -logits, logits))


def sampled_classification(settings, labels, logits, ratio, counts=True):
    """The loss of the anchors that the sampler has train: a scalar, finite also without a face.

    Divided by the number of positives where the sampler follows it (`hard_negatives`, `all`,
    `focal`), by that of the samples where it fixes that (`random`, `group`, `ohem`).

    Args:
        settings: `sampler`, `minimum_negatives`, `ohem_samples`.
        labels: int `(B, A)`: 1 face, 0 background, -1 ignored.
        logits: of a face, float32 `(B, A)`.
        ratio: hard negatives for each positive, a number or a scalar tensor.
        counts: bool, broadcast to `(B, A)`: what else is ignored.
    """
    labels = ops.where(counts, labels, -1)
    if settings.sampler == "focal":
        return mean_over_positives(sigmoid_focal(labels, logits), labels)
    losses = binary_cross_entropy(labels, logits)
    selected = sampled_anchors(
        settings.sampler,
        ops.stop_gradient(losses),
        labels,
        ratio,
        settings.minimum_negatives,
        settings.ohem_samples,
    )
    divisor = labels == 1 if settings.sampler in ("hard_negatives", "all") else selected
    total = ops.sum(ops.where(selected, losses, 0.0))
    return total / ops.maximum(ops.sum(ops.cast(divisor, "float32")), 1.0)
