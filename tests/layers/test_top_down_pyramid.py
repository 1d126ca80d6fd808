"""The feature pyramid of FPN."""

import keras
import numpy as np
import pytest

from tfface.layers.top_down_pyramid import TopDownPyramid, enlarge, enlarge_bilinear

GENERATOR = np.random.default_rng(0)
MAPS = [
    GENERATOR.normal(size=(1, 5 * 2**scale, 3 * 2**scale, channels)).astype(np.float32)
    for scale, channels in ((2, 3), (1, 5), (0, 7))
]


def test_neighbours_become_four_of_a_kind() -> None:
    maps = np.arange(2 * 3 * 2, dtype=np.float32).reshape(1, 2, 3, 2)

    np.testing.assert_array_equal(enlarge(maps), maps.repeat(2, axis=1).repeat(2, axis=2))


def test_maps_keep_their_sizes_and_the_extra_ones_are_half_rounded_up() -> None:
    outputs = TopDownPyramid(filters=6, inputs=3, extra=2)(MAPS)

    sizes = [(20, 12), (10, 6), (5, 3), (3, 2), (2, 1)]
    assert [tuple(output.shape) for output in outputs] == [(1, *size, 6) for size in sizes]


def test_what_coarse_maps_know_reaches_the_finer_ones_and_not_the_reverse() -> None:
    pyramid = TopDownPyramid(filters=6, inputs=3, extra=2)
    before = [np.asarray(output) for output in pyramid(MAPS)]

    def changed_by(level: int) -> list[bool]:
        maps = [m + 1.0 if index == level else m for index, m in enumerate(MAPS)]
        return [not np.allclose(a, b) for a, b in zip(pyramid(maps), before, strict=True)]

    # The extra maps come of the coarsest.
    assert changed_by(2) == [True, True, True, True, True]
    assert changed_by(1) == [True, True, False, False, False]
    assert changed_by(0) == [True, False, False, False, False]


def test_sums_worked_out_by_hand() -> None:
    # All kernels 1 in their middle and no bias: laterals and outputs copy, reductions take every
    # second cell from the first on.
    pyramid = TopDownPyramid(filters=1, inputs=2, extra=2)
    fine = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
    coarse = np.array([[100, -200], [300, 400]], np.float32).reshape(1, 2, 2, 1)
    pyramid([fine, coarse])
    for layer in (*pyramid.laterals, *pyramid.outputs_3x3, *pyramid.reductions):
        kernel = np.zeros(layer.kernel.shape)
        kernel[kernel.shape[0] // 2, kernel.shape[1] // 2] = 1
        layer.set_weights([kernel, np.zeros(1)])

    outputs = [np.asarray(output)[0, ..., 0] for output in pyramid([fine, coarse])]

    repeated = coarse[0, ..., 0].repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_array_equal(outputs[0], fine[0, ..., 0] + repeated)
    np.testing.assert_array_equal(outputs[1], coarse[0, ..., 0])
    np.testing.assert_array_equal(outputs[2], [[100]])
    np.testing.assert_array_equal(outputs[3], [[100]])
    # The second of the extra maps is made after a ReLU, the first is not.
    below = [np.asarray(output)[0, ..., 0] for output in pyramid([fine, coarse - 300])]
    assert (below[2].item(), below[3].item()) == (-200, 0)


@pytest.mark.parametrize("side", [7, 8])
def test_extra_maps_look_at_the_same_places_at_odd_and_even_sides(side: int) -> None:
    pyramid = TopDownPyramid(filters=4, inputs=1, extra=2)
    whole = GENERATOR.normal(size=(1, 16, 16, 3)).astype(np.float32)
    outputs = pyramid([whole])

    cut = pyramid([whole[:, :side, :side]])

    # All but the last rows and columns, which see the border.
    for level, kept in ((1, 3), (2, 1)):
        np.testing.assert_allclose(
            cut[level][:, :kept, :kept], outputs[level][:, :kept, :kept], atol=1e-5
        )


def test_a_pyramid_comes_back_from_its_config() -> None:
    pyramid = TopDownPyramid(filters=6, inputs=3, extra=1)

    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(pyramid))

    assert copy.get_config() == pyramid.get_config()


def test_bilinear_lies_between_the_centres_of_cells() -> None:
    # New centres stand a quarter of a cell beside the old ones: 3 to 1; at the edge the edge.
    maps = np.array([[0.0, 4.0, 8.0]], np.float32).reshape(1, 1, 3, 1)

    enlarged = np.asarray(enlarge_bilinear(maps))[0, ..., 0]

    np.testing.assert_allclose(enlarged, [[0, 1, 3, 5, 7, 8]] * 2)


def test_without_the_last_convolutions_it_gives_the_sums() -> None:
    pyramid = TopDownPyramid(filters=6, inputs=3, smooth=False, enlargement="bilinear")

    outputs = pyramid(MAPS)

    assert len(pyramid.weights) == 2 * 3
    np.testing.assert_allclose(outputs[2], pyramid.laterals[2](MAPS[2]), rtol=1e-5)
    coarse = enlarge_bilinear(outputs[2])
    expected = pyramid.laterals[1](MAPS[1]) + coarse
    np.testing.assert_allclose(outputs[1], expected, rtol=1e-4, atol=1e-5)
