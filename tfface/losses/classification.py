"""Classification losses of anchors."""

from keras import ops

from tfface.layers.two_class_head import face_logits
from tfface.losses.focal import sigmoid_focal
from tfface.replicas import share_of_batch
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
    """The loss of the anchors that the sampler has train, by `sample_count`: a scalar.

    It is finite also without a face.

    Args:
        settings: `sampler`, `minimum_negatives`, `ohem_samples`.
        labels: int `(B, A)`: 1 face, 0 background, -1 ignored.
        logits: of a face, float32 `(B, A)`.
        ratio: hard negatives for each positive, a number or a scalar tensor.
        counts: bool, broadcast to `(B, A)`: what else is ignored.
    """
    labels = ops.where(counts, labels, -1)
    of_classes = sigmoid_focal if settings.sampler == "focal" else binary_cross_entropy
    losses = of_classes(labels, logits)
    selected = sampled_anchors(
        settings.sampler,
        ops.stop_gradient(losses),
        labels,
        ratio,
        settings.minimum_negatives,
        settings.ohem_samples,
    )
    total = ops.sum(ops.where(selected, losses, 0.0))
    return share_of_batch(total, sample_count(settings, labels))


def sample_count(settings, labels):
    """What losses of sampled anchors are divided by, those of classes and those of boxes alike.

    It is the number of positives where the sampler follows it (`hard_negatives`, `all`, `focal`),
    and that of the samples where it fixes that (`random`, `group`, `ohem`), as in Faster R-CNN. So
    the box of an anchor weighs as much as its class. Divided by their own number instead, the ten
    faces among a thousand samples have boxes that weigh a hundred times as much as their classes.

    Args:
        settings: `sampler`, `ohem_samples`.
        labels: int `(B, A)`: 1 face, 0 background, -1 ignored or not sampled.

    Returns:
        float32 scalar, 0 where nothing counts.
    """
    if settings.sampler in ("hard_negatives", "all", "focal"):
        return ops.sum(ops.cast(labels == 1, "float32"))
    counts = ops.sum(ops.cast(labels >= 0, "float32"), axis=-1)
    if settings.sampler == "ohem":
        counts = ops.minimum(counts, settings.ohem_samples)
    return ops.sum(counts)
