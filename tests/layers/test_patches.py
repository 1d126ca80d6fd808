"""Patches: a convolution of squares, computed row by row."""

import keras
import numpy as np
import pytest

from tfface.layers.patches import Patches


@pytest.mark.parametrize("side", [2, 4, 8])
def test_it_equals_a_convolution_over_the_squares(side: int) -> None:
    keras.utils.set_random_seed(0)
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 16, 24, 3)).astype(np.float32)
    patches = Patches(5, side)
    outputs = keras.ops.convert_to_numpy(patches(pixels, training=False))

    # The kernel (side, 1, side * 3, 5) holds the columns of the square in its third axis.
    kernel = keras.ops.convert_to_numpy(patches.convolution.kernel).reshape(side, side, 3, 5)
    squares = pixels.reshape(2, 16 // side, side, 24 // side, side, 3)
    expected = np.einsum("brycxk,yxkf->brcf", squares, kernel)
    scale = 1 / np.sqrt(1 + patches.normalization.epsilon)  # untrained: mean 0, variance 1
    np.testing.assert_allclose(outputs, np.maximum(expected * scale, 0), rtol=1e-3, atol=1e-3)


def test_its_configuration_makes_the_same_layer() -> None:
    again = Patches.from_config(Patches(5, 4).get_config())

    assert (again.filters, again.side) == (5, 4)
