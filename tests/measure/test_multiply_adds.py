"""measure.multiply_adds: elements of the kernel times positions."""

import pytest

from measure.multiply_adds import multiply_adds_of


@pytest.mark.parametrize(
    ("name", "inputs", "output", "expected"),
    [
        # Kernel 2x2 from 3 to 5 channels: 60 elements, spread from each of 4*6 positions.
        ("TRANSPOSE_CONV", [(4,), (5, 2, 2, 3), (1, 4, 6, 3)], (1, 8, 12, 5), 1440),
        # Two groups of 2 channels: 4*3*3*2 = 72 elements, 10 positions in each of 2 pictures.
        ("CONV_2D", [(2, 5, 2, 4), (4, 3, 3, 2), (4,)], (2, 5, 2, 4), 1440),
        # 5 to 3 numbers for each of 2*7 rows.
        ("FULLY_CONNECTED", [(2, 7, 5), (3, 5)], (2, 7, 3), 210),
        ("MAX_POOL_2D", [(1, 4, 4, 8)], (1, 2, 2, 8), 0),
    ],
)
def test_multiply_adds_of_an_operator(name, inputs, output, expected):
    assert multiply_adds_of(name, inputs, output) == expected
