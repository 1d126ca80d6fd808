"""The light feature pyramid."""

import keras
import numpy as np

from tfface.layers.feature_pyramid import FeaturePyramid

GENERATOR = np.random.default_rng(0)
MAPS = [
    GENERATOR.normal(size=(1, side, 2 * side, channels)).astype(np.float32)
    for side, channels in ((16, 3), (8, 5), (4, 7))
]


def test_every_map_keeps_its_size_and_gets_the_same_channels() -> None:
    outputs = FeaturePyramid(filters=6, levels=3)(MAPS)

    assert [output.shape for output in outputs] == [(1, 16, 32, 6), (1, 8, 16, 6), (1, 4, 8, 6)]


def test_what_coarse_maps_know_reaches_the_finer_ones_and_not_the_reverse() -> None:
    pyramid = FeaturePyramid(filters=6, levels=3)
    before = [np.asarray(output) for output in pyramid(MAPS)]

    def changed_by(level: int) -> list[bool]:
        maps = [m + 1.0 if index == level else m for index, m in enumerate(MAPS)]
        return [not np.allclose(a, b) for a, b in zip(pyramid(maps), before, strict=True)]

    assert changed_by(2) == [True, True, True]
    assert changed_by(1) == [True, True, False]
    assert changed_by(0) == [True, False, False]


def test_a_pyramid_comes_back_from_its_config() -> None:
    pyramid = FeaturePyramid(filters=6, levels=3)

    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(pyramid))

    assert copy.get_config() == pyramid.get_config()
