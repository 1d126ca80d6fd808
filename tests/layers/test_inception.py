"""The Inception block of FaceBoxes."""

import keras
import numpy as np

from tfface.layers.inception import Inception

MAPS = np.random.default_rng(0).normal(size=(1, 9, 9, 12)).astype(np.float32)


def test_four_branches_of_equal_width() -> None:
    assert Inception(filters=8, bottleneck_filters=6)(MAPS).shape == (1, 9, 9, 32)


def test_branches_see_three_one_three_and_five_cells() -> None:
    block = Inception(filters=8, bottleneck_filters=6)
    changed = MAPS.copy()
    changed[0, 4, 4] += 1.0

    difference = np.abs(np.asarray(block(changed)) - np.asarray(block(MAPS)))[0]

    for branch, reach in enumerate((1, 0, 1, 2)):
        rows = np.flatnonzero(difference[..., 8 * branch : 8 * branch + 8].any(axis=(1, 2)))
        assert rows.min() >= 4 - reach and rows.max() <= 4 + reach
        assert len(rows) > reach


def test_the_average_may_count_the_cells_outside() -> None:
    averages = []
    for count_padding in (False, True):
        block = Inception(filters=8, bottleneck_filters=6, count_padding=count_padding)
        block(np.ones((1, 9, 9, 12), np.float32))
        maps = np.ones((1, 3, 3, 1), np.float32)
        if count_padding:
            maps = np.pad(maps, ((0, 0), (1, 1), (1, 1), (0, 0)))
        averages.append(np.asarray(block.pool(maps))[0, :, :, 0])

    np.testing.assert_allclose(averages[0], 1)
    # 4 of 9 cells at a corner, 6 at an edge.
    np.testing.assert_allclose(9 * averages[1], [[4, 6, 4], [6, 9, 6], [4, 6, 4]])


def test_a_block_comes_back_from_its_config() -> None:
    block = Inception(filters=8, bottleneck_filters=6)

    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(block))

    assert copy.get_config() == block.get_config()
