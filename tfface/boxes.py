"""Box arithmetic on arrays of any Keras backend, inside or outside a compiled graph.

A box is `(x_min, y_min, x_max, y_max)` in absolute pixels. Its width is `x_max - x_min`, without
"+1".
"""

import math

from keras import ops

VARIANCES = (0.1, 0.1, 0.2, 0.2)
"""Scales of the regression targets (SSD, arXiv:1512.02325; used by FaceBoxes and S3FD)."""

LARGEST_SIZE_OFFSET = math.log(1000.0 / 8.0)
"""Decoded boxes are at most 125 anchors wide: an untrained network cannot overflow `exp`."""


def area(boxes):
    """Areas of boxes `(..., 4)`, shape `(...)`, in square pixels; 0 where a side is negative."""
    width = ops.maximum(boxes[..., 2] - boxes[..., 0], 0.0)
    height = ops.maximum(boxes[..., 3] - boxes[..., 1], 0.0)
    return width * height


def intersection(boxes, others):
    """Areas that boxes `(..., 4)` share with others `(..., 4)`: square pixels, `(...)`.

    Works coordinate by coordinate: of every pair arrays of `(n, m, 2)` cost three times the time.
    """
    x_min, y_min, x_max, y_max = ops.unstack(boxes, axis=-1)
    other_x_min, other_y_min, other_x_max, other_y_max = ops.unstack(others, axis=-1)
    width = ops.minimum(x_max, other_x_max) - ops.maximum(x_min, other_x_min)
    height = ops.minimum(y_max, other_y_max) - ops.maximum(y_min, other_y_min)
    return ops.relu(width) * ops.relu(height)


def pairwise_iou(boxes, others):
    """Intersection over union of every pair: `(n, 4)`, `(m, 4)` -> `(n, m)` in 0..1.

    Two boxes without area have an IoU of 0.
    """
    shared = intersection(boxes[:, None], others[None])
    areas = ops.maximum(area(boxes), 1e-6)
    return shared / (areas[:, None] + area(others)[None, :] - shared)


def clip(boxes, height, width):
    """Boxes `(..., 4)` cut to a picture of `height` x `width` pixels."""
    limits = ops.stack([width, height, width, height])
    return ops.minimum(ops.maximum(boxes, 0.0), ops.cast(limits, boxes.dtype))


def _to_centres(boxes):
    sizes = boxes[..., 2:] - boxes[..., :2]
    return boxes[..., :2] + 0.5 * sizes, sizes


def encode(boxes, anchors, variances=VARIANCES):
    """Regression targets `(..., 4)` of boxes `(..., 4)` seen from their anchors `(..., 4)`.

    `(dx, dy)` is the distance of the centres in anchor sizes, `(dw, dh)` the logarithm of the ratio
    of the sizes, each divided by its variance (Fast R-CNN, arXiv:1504.08083, appendix C; by default
    the variances of SSD). Boxes without area are encoded as if their sides were a thousandth of a
    pixel.
    """
    x_min, y_min, x_max, y_max = ops.unstack(boxes, axis=-1)
    anchor_x_min, anchor_y_min, anchor_x_max, anchor_y_max = ops.unstack(anchors, axis=-1)

    def encode_axis(minimum, maximum, anchor_minimum, anchor_maximum):
        size, anchor_size = maximum - minimum, anchor_maximum - anchor_minimum
        centre, anchor_centre = minimum + 0.5 * size, anchor_minimum + 0.5 * anchor_size
        shift = (centre - anchor_centre) / anchor_size
        return shift, ops.log(ops.maximum(size, 1e-3) / anchor_size)

    x, width = encode_axis(x_min, x_max, anchor_x_min, anchor_x_max)
    y, height = encode_axis(y_min, y_max, anchor_y_min, anchor_y_max)
    targets = zip((x, y, width, height), variances, strict=True)
    # Stacked and turned over: on a CPU a third of the cost of stacking along the last axis.
    return ops.moveaxis(ops.stack([target / variance for target, variance in targets]), 0, -1)


def decode(offsets, anchors, variances=VARIANCES):
    """Boxes `(..., 4)` in pixels from regression outputs `(..., 4)`: the inverse of `encode`."""
    offsets = offsets * ops.array(variances, dtype="float32")
    anchor_centres, anchor_sizes = _to_centres(anchors)
    centres = anchor_centres + offsets[..., :2] * anchor_sizes
    half = 0.5 * anchor_sizes * ops.exp(ops.minimum(offsets[..., 2:], LARGEST_SIZE_OFFSET))
    return ops.concatenate([centres - half, centres + half], axis=-1)


def compose(first, second, variances=VARIANCES):
    """The offsets `(..., 4)` that move a box in one step as two do, one after the other.

    `decode(compose(first, second), anchors)` is `decode(second, decode(first, anchors))`, where no
    size is beyond `LARGEST_SIZE_OFFSET`: `second` is seen from boxes that are `exp` of the sizes of
    `first` as large as the anchors.
    """
    spread = ops.array(variances, dtype="float32")
    growth = ops.exp(ops.minimum(first[..., 2:] * spread[2:], LARGEST_SIZE_OFFSET))
    centres = first[..., :2] + second[..., :2] * growth
    return ops.concatenate([centres, first[..., 2:] + second[..., 2:]], axis=-1)
