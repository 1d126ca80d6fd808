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
