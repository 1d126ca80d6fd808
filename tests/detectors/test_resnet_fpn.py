"""ResNetFPN: its anchors, its levels, and that it trains."""

import itertools
import math
from typing import Any

import keras
import numpy as np
import pytest

from tfface.detectors.resnet_fpn import ResNetFPN
from tfface.matching import FACE

SMALL: dict[str, Any] = {"width": 0.125, "filters": 16}


def test_anchors_worked_out_by_hand() -> None:
    detector = ResNetFPN(**SMALL)

    assert [level.stride for level in detector.anchor_levels] == [8, 16, 32, 64, 128]
    # Stride 8: 2 strides are 16 pixels, the root of the area of anchors whose height is 1.25 of
    # their width; around the centre of the cell, (4, 4).
    half_width, half_height = 16 / math.sqrt(1.25) / 2, 16 * math.sqrt(1.25) / 2
    first, second = detector.anchor_levels[0].cell_anchors()
    expected = [4 - half_width, 4 - half_height, 4 + half_width, 4 + half_height]
    np.testing.assert_allclose(first, expected, rtol=1e-6)
    np.testing.assert_allclose(second - 4, (first - 4) * 2.83 / 2, rtol=1e-5)
    # Twice as large a level later, and twice as far from the corner.
    np.testing.assert_allclose(detector.anchor_levels[1].cell_anchors()[0], 2 * first, rtol=1e-6)


def test_scales_and_aspect_are_options() -> None:
    detector = ResNetFPN(levels=(4, 5), scales=(1.0,), aspect=4.0, **SMALL)

    # 16 pixels, four times as high as wide: 8 and 32.
    np.testing.assert_allclose(detector.anchor_levels[0].cell_anchors(), [[4, -8, 12, 24]])


@pytest.mark.parametrize(
    ("levels", "shapes"),
    [
        ((3, 4, 5, 6, 7), [(12, 20), (6, 10), (3, 5), (2, 3), (1, 2)]),
        ((2, 3), [(24, 40), (12, 20)]),
        ((5, 6), [(3, 5), (2, 3)]),
    ],
)
def test_levels_have_maps_of_their_strides(levels, shapes) -> None:
    detector = ResNetFPN(levels=levels, **SMALL)

    maps = detector.feature_maps(np.zeros((1, 96, 160, 3), np.float32), training=False)

    assert [tuple(level.shape) for level in maps] == [(1, *shape, 16) for shape in shapes]


@pytest.mark.parametrize("levels", [(3, 5), (4, 3), (1, 2, 3), (6, 7), (3, 3)])
def test_levels_with_a_gap_or_out_of_reach_are_refused(levels) -> None:
    with pytest.raises(ValueError, match=r"rise by one and begin at 2 to 5, .* got \("):
        ResNetFPN(levels=levels, **SMALL)


def test_the_convolutions_of_the_head_are_shared_by_all_levels() -> None:
    none, three = (ResNetFPN(levels=(3, 4), head_convolutions=n, **SMALL) for n in (0, 3))

    # 3x3 from 16 to 16 channels, and four values a channel of batch normalisation.
    assert three.count_params() - none.count_params() == 3 * (9 * 16 * 16 + 4 * 16)


def test_training_lowers_the_loss() -> None:
    keras.utils.set_random_seed(0)
    detector = ResNetFPN(levels=(3, 4, 5), **SMALL)
    images = np.random.default_rng(0).integers(0, 60, (2, 64, 64, 3)).astype(np.uint8)
    images[:, 16:48, 16:48] += 180
    face = np.array([[16, 16, 48, 48]], np.float32)
    targets = detector.make_targets(64, 64)(face, np.array([FACE]), np.zeros(0, np.float32))
    batch = images, {name: np.stack([value] * 2) for name, value in targets.items()}
    # Six steps take less than making a graph of one does.
    detector.compile(
        keras.optimizers.SGD(1e-2, momentum=0.9, global_clipnorm=10.0), run_eagerly=True
    )

    options = {"steps_per_epoch": 1, "epochs": 6, "shuffle": False, "verbose": 0}
    history = detector.fit((batch for _ in itertools.count()), **options).history

    assert history["loss"][-1] < 0.8 * history["loss"][0]
