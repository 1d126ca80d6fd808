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


def test_a_block_comes_back_from_its_config() -> None:
    block = Inception(filters=8, bottleneck_filters=6)

    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(block))

    assert copy.get_config() == block.get_config()
