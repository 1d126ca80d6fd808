"""Regression losses of boxes."""

from typing import Any, Literal, get_args

from keras import ops

from tfface.boxes import VARIANCES, decode
from tfface.losses.iou import iou_loss, overlap

RegressionLoss = Literal["smooth_l1", "iou", "least_square_iou", "giou", "diou", "ciou", "eiou"]
"""Of the boxes of anchors: of their edges, or of their overlap.

`smooth_l1`; `iou`, -ln IoU; `least_square_iou`, ||1 - IoU||^2; the others as in
`tfface.losses.iou`.
"""

_LEAST_IOU = 1e-3
"""Below it -ln IoU is flat: the gradient of what hardly touches would have no bound."""


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


def least_square_iou(boxes, targets):
    """`||1 - IoU||^2` (group sampling, equation 2), which unlike -ln IoU is flat where boxes agree.

    Args:
        boxes: predicted `(..., 4)`, pixels.
        targets: `(..., 4)`.

    Returns:
        float32 `(...)` in 0..1, finite with finite gradients for any boxes, also without area.
    """
    return ops.square(1.0 - overlap(boxes, targets))


def log_iou(boxes, targets):
    """`-ln IoU` (UnitBox, arXiv:1608.01471), at most 6.9: arguments as of `least_square_iou`."""
    return -ops.log(ops.maximum(overlap(boxes, targets), _LEAST_IOU))


def regression_losses(
    kind: RegressionLoss, targets, predictions, variances=VARIANCES, aspects: Any = 1.0
):
    """The loss of every anchor between encoded boxes.

    No overlap changes where both axes are scaled: boxes are compared as seen from an anchor of
    area 1, wherever theirs is.

    Args:
        kind: see `RegressionLoss`.
        targets, predictions: `(..., 4)` encoded boxes, of the same anchors.
        variances: they are encoded with.
        aspects: of the anchors `(...)`, height over width, or one of all.

    Returns:
        float32 `(...)`.

    Raises:
        ValueError: another kind.
    """
    if kind == "smooth_l1":
        return smooth_l1(targets, predictions)
    half_height = 0.5 * ops.sqrt(ops.cast(aspects, "float32"))
    half_width = 0.25 / half_height
    anchors = ops.stack([-half_width, -half_height, half_width, half_height], axis=-1)
    boxes = decode(ops.cast(predictions, "float32"), anchors, variances)
    faces = decode(targets, anchors, variances)
    if kind == "iou":
        return log_iou(boxes, faces)
    if kind == "least_square_iou":
        return least_square_iou(boxes, faces)
    if kind in get_args(RegressionLoss):
        return iou_loss(boxes, faces, kind)
    raise ValueError(
        f"expected a regression_loss of {', '.join(get_args(RegressionLoss))}, got {kind!r}"
    )
