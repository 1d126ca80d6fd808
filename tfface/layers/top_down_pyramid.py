"""The feature pyramid of FPN (arXiv:1612.03144), with coarser maps after it."""

from typing import Literal

import keras
from keras import ops

from tfface.layers.composite import CompositeLayer

Enlargement = Literal["nearest", "bilinear"]


@keras.saving.register_keras_serializable(package="tfface")
class TopDownPyramid(CompositeLayer):
    """A 1x1 convolution of every map, plus the next coarser sum enlarged twice, then 3x3.

    Maps beyond the coarsest input are made by 3x3 convolutions with stride 2, the first from the
    coarsest output, each further one after a ReLU (RetinaNet, arXiv:1708.02002, section 4).

    Args:
        filters: channels of every output map.
        inputs: number of maps given.
        extra: number of maps made beyond them.
        smooth: whether there are the last 3x3 convolutions, which group sampling has not (its
            Figure 3).
        enlargement: of the coarser sums, nearest neighbours or bilinear.

    Call arguments:
        maps: list of `inputs` maps `(B, H, W, C)`, fine to coarse, each twice as large as the next.

    Returns:
        `inputs + extra` maps `(B, H, W, filters)`, fine to coarse; the sides of the extra ones are
        half of those before, rounded up.
    """

    def __init__(
        self,
        filters: int,
        inputs: int,
        extra: int = 0,
        smooth: bool = True,
        enlargement: Enlargement = "nearest",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.inputs = inputs
        self.extra = extra
        self.smooth = smooth
        self.enlargement = enlargement
        self.laterals = [keras.layers.Conv2D(filters, 1) for _ in range(inputs)]
        self.outputs_3x3 = [
            keras.layers.Conv2D(filters, 3, padding="same") for _ in range(inputs if smooth else 0)
        ]
        self.reductions = [keras.layers.Conv2D(filters, 3, strides=2) for _ in range(extra)]

    def call(self, maps):
        merged = [lateral(level) for lateral, level in zip(self.laterals, maps, strict=True)]
        for index in reversed(range(self.inputs - 1)):
            merged[index] = merged[index] + self._enlarge(merged[index + 1])
        pyramid = merged
        if self.smooth:
            outputs = zip(self.outputs_3x3, merged, strict=True)
            pyramid = [output(level) for output, level in outputs]
        for index, reduction in enumerate(self.reductions):
            before = ops.relu(pyramid[-1]) if index else pyramid[-1]
            pyramid.append(reduce(reduction, before))
        return pyramid

    def _enlarge(self, maps):
        return enlarge(maps) if self.enlargement == "nearest" else enlarge_bilinear(maps)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "inputs": self.inputs,
            "extra": self.extra,
            "smooth": self.smooth,
            "enlargement": self.enlargement,
        }


def reduce(convolution, maps):
    """Maps `(B, H, W, C)` of half the sides, rounded up, by a 3x3 convolution with stride 2.

    With a margin of one cell on every side, whether the sides are odd or even.
    """
    return convolution(ops.pad(maps, ((0, 0), (1, 1), (1, 1), (0, 0))))


def enlarge(maps):
    """Maps `(B, H, W, C)` twice as large, by nearest neighbours: `(B, 2 H, 2 W, C)`.

    As four copies and `depth_to_space`, which XNNPACK runs; it has no resizing by neighbours.
    """
    return ops.depth_to_space(ops.concatenate([maps] * 4, axis=-1), 2)


def enlarge_bilinear(maps):
    """Maps `(B, H, W, C)` twice as large, interpolated between the centres of cells."""
    size = [2 * side for side in ops.shape(maps)[1:3]]
    if keras.backend.backend() != "tensorflow":
        return ops.image.resize(maps, tuple(size), "bilinear")
    import tensorflow as tf  # what Keras makes of it takes no size that only the graph knows

    return tf.cast(tf.image.resize(maps, size), maps.dtype)
