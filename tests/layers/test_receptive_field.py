"""tfface.layers.receptive_field and prediction_tower: what they see, hold and return."""

import keras
import numpy as np
import pytest

from tfface.layers.prediction_tower import PredictionTower
from tfface.layers.receptive_field import ReceptiveFieldEnhancement


def test_parameters_worked_out_by_hand() -> None:
    enhancement = ReceptiveFieldEnhancement(256)
    enhancement(np.zeros((1, 8, 8, 256), np.float32))

    # Each branch: 1x1 to 64, a rectangle of 3 or 5 cells, 1x1, with biases; then 1x1 of all.
    branch = {k: (256 * 64 + 64) + (k * 64 * 64 + 64) + (64 * 64 + 64) for k in (3, 5)}
    assert enhancement.count_params() == 2 * branch[3] + 2 * branch[5] + 256 * 256 + 256


def test_it_sees_a_cross_of_two_cells_on_every_side() -> None:
    keras.utils.set_random_seed(0)
    enhancement = ReceptiveFieldEnhancement(16)
    maps = np.zeros((1, 9, 9, 16), np.float32)
    enhancement(maps)
    for weight in enhancement.weights:
        weight.assign(np.abs(weight))  # so that nothing cancels, and every ReLU is open
    lit = maps.copy()
    lit[0, 4, 4] = 1.0

    changed = np.abs(np.asarray(enhancement(lit) - enhancement(maps)))[0].max(axis=-1) > 0

    expected = np.zeros((9, 9), bool)
    expected[4, 2:7] = expected[2:7, 4] = True
    np.testing.assert_array_equal(changed, expected)


def test_the_shortcut_retains_the_maps() -> None:
    enhancement = ReceptiveFieldEnhancement(8)
    maps = np.random.default_rng(0).normal(size=(2, 3, 5, 8)).astype(np.float32)
    enhancement(maps)
    for weight in enhancement.weights:
        weight.assign(np.zeros(weight.shape))

    np.testing.assert_array_equal(enhancement(maps), maps)


@pytest.mark.parametrize("filters", [0, 6])
def test_channels_are_a_multiple_of_the_branches(filters: int) -> None:
    with pytest.raises(ValueError, match=f"filters in a multiple of 4, .* got {filters}"):
        ReceptiveFieldEnhancement(filters)


def test_it_stands_in_the_place_of_the_middle_convolutions() -> None:
    plain, enhanced = (PredictionTower(16, rfe) for rfe in (False, True))
    maps = np.zeros((1, 4, 4, 16), np.float32)
    assert plain(maps).shape == enhanced(maps).shape == maps.shape

    convolution = 9 * 16 * 16 + 16
    rfe = enhanced.tower[1].count_params()
    assert plain.count_params() == 4 * convolution
    assert enhanced.count_params() == 2 * convolution + rfe


def test_a_configuration_makes_the_same_tower() -> None:
    tower = PredictionTower(16, receptive_field_enhancement=True)

    again = PredictionTower.from_config(tower.get_config())

    assert again.get_config() == tower.get_config()
