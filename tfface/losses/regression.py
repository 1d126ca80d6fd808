"""Regression losses of boxes."""

from keras import ops


def smooth_l1(targets, predictions):
    """Smooth L1 loss (Fast R-CNN, arXiv:1504.08083, equation 3), summed over the last axis.

    Args:
        targets: `(..., 4)` encoded boxes.
        predictions: `(..., 4)`, the same shape.

    Returns:
        `(...)` float32.
    """
    distance = ops.abs(ops.cast(predictions, "float32") - targets)
    loss = ops.where(distance < 1.0, 0.5 * ops.square(distance), distance - 0.5)
    return ops.sum(loss, axis=-1)
