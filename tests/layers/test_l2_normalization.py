"""L2 normalisation of every cell."""

import numpy as np

from tfface.layers.l2_normalization import L2Normalization


def test_every_cell_has_the_length_of_the_scale() -> None:
    # 3, 4 has length 5; times 10.
    layer = L2Normalization(10.0)

    normalized = layer(np.array([[[[3.0, 4.0], [0.0, -2.0]]]], np.float32))

    np.testing.assert_allclose(normalized, [[[[6, 8], [0, -10]]]], rtol=1e-6)
    np.testing.assert_array_equal(layer.scales, [10, 10])


def test_a_cell_of_zeros_stays() -> None:
    normalized = np.asarray(L2Normalization(8.0)(np.zeros((1, 1, 1, 3), np.float32)))

    assert normalized.tolist() == [[[[0, 0, 0]]]]


def test_in_mixed_precision_lengths_are_float32() -> None:
    features = np.full((1, 1, 1, 1000), 0.0625, np.float32)
    # A bfloat16 that counts squares of 1 / 256 stops at 1, of 3.9.
    normalized = L2Normalization(1.0, dtype="mixed_bfloat16")(features)

    np.testing.assert_allclose(np.asarray(normalized, np.float32), 1000**-0.5, rtol=0.01)
