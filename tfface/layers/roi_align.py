"""RoIAlign (Mask R-CNN, arXiv:1703.06870, section 3): boxes cut out of maps, without rounding.

It gathers, so XLA compiles it and its gradient; `tf.image.crop_and_resize` it does not.
"""

from collections.abc import Sequence

import numpy as np
from keras import ops

SAMPLES = 2
"""Points along each side of a bin, whose mean it is (ibid.: four points a bin)."""


def roi_align(features, boxes, size: int, stride: int):
    """The parts of one map that lie in boxes, each as a small map of its own.

    A box is divided into `size` x `size` bins. A bin is the mean of the map at `SAMPLES` x
    `SAMPLES` points that stand evenly in it, each interpolated bilinearly between the centres of
    four cells. Beyond the outermost centres the map goes on as it is there.

    Args:
        features: `(H, W, C)` float.
        boxes: `(n, 4)` in pixels of the picture; no gradient reaches them.
        size: rows and columns of a result.
        stride: pixels of the picture for a cell of the map.

    Returns:
        `(n, size, size, C)`, of the type of `features`.
    """
    levels = ops.zeros(ops.shape(boxes)[:1], "int32")
    return pyramid_roi_align([features[None]], boxes[None], levels[None], size, [stride])[0]


def pyramid_roi_align(
    maps: Sequence, boxes, levels, size: int, strides: Sequence[int], samples: int = SAMPLES
):
    """`roi_align` of every box of every picture, each in the map of its level, in one gather.

    Args:
        maps: of every level `(B, H, W, C)`, whose sides need not be known.
        boxes: `(B, n, 4)`, pixels.
        levels: int32 `(B, n)`, indices of maps.
        size: rows and columns of a result.
        strides: of the maps.
        samples: points along each side of a bin.

    Returns:
        `(B, n, size, size, C)`.
    """
    boxes = ops.stop_gradient(boxes)
    batch, count = ops.shape(boxes)[0], ops.shape(boxes)[1]
    rows, columns = (_whole([ops.shape(level)[axis] for level in maps]) for axis in (1, 2))
    cells = rows * columns
    flat = ops.concatenate(
        [ops.reshape(level, (ops.shape(level)[0], -1, level.shape[-1])) for level in maps], axis=1
    )
    # Boxes of all pictures one after the other, and the maps of all: TFLite has few axes.
    boxes, levels = ops.reshape(boxes, (-1, 4)), ops.reshape(levels, (-1,))
    pictures = ops.repeat(ops.arange(batch, dtype="int32"), count)
    first = ops.take(ops.cumsum(cells) - cells, levels) + pictures * ops.sum(cells)
    flat = ops.reshape(flat, (-1, flat.shape[-1]))
    stride = ops.take(ops.array(strides, "float32"), levels)[:, None]
    row, column = (ops.take(counts, levels)[:, None] for counts in (rows, columns))
    x = _points(boxes[:, 0::2] / stride, size, samples)
    y = _points(boxes[:, 1::2] / stride, size, samples)
    (left, right, along), (top, bottom, down) = _neighbours(x, column), _neighbours(y, row)
    along, down = along[:, None, :], down[:, :, None]

    def part(y, x, weights):
        places = first[:, None, None] + y[:, :, None] * column[..., None] + x[:, None, :]
        return ops.take(flat, places, axis=0) * ops.cast(weights, flat.dtype)[..., None]

    values = (
        part(top, left, (1.0 - down) * (1.0 - along))
        + part(top, right, (1.0 - down) * along)
        + part(bottom, left, down * (1.0 - along))
        + part(bottom, right, down * along)
    )
    bins = ops.reshape(values, (-1, samples, size, samples, flat.shape[-1]))
    return ops.reshape(ops.mean(bins, axis=(1, 3)), (batch, count, size, size, flat.shape[-1]))


def _whole(numbers: Sequence):
    """Whole numbers, or scalar tensors of them, as int32 `(n,)`."""
    return ops.stack([ops.cast(number, "int32") for number in numbers])


def _points(edges, size: int, samples: int):
    """Where along an axis the points stand: from edges `(..., 2)`, in cells, `(..., points)`."""
    fractions = (np.arange(size * samples, dtype="float32") + 0.5) / (size * samples)
    return edges[..., :1] + (edges[..., 1:] - edges[..., :1]) * fractions


def _neighbours(points, cells):
    """The cells before and behind points along an axis, and how far they are on the way.

    The centre of a cell lies half a cell behind its beginning.
    """
    places = ops.clip(points - 0.5, 0.0, ops.cast(cells - 1, "float32"))
    before = ops.floor(places)
    index = ops.cast(before, "int32")
    return index, ops.minimum(index + 1, cells - 1), places - before
