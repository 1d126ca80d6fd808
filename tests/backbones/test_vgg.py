"""VGG-16 with the layers of S3FD behind it."""

import numpy as np
import pytest

from tests.parameters import total_parameters
from tfface.backbones.vgg import VGG16

PARAMETERS_OF_VGG = 14_714_688
"""Of the convolutions of `keras.applications.VGG16(include_top=False)`."""


def picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 58, (1, height, width, 3)).astype(np.float32)


def test_maps_have_the_strides_and_channels_of_s3fd() -> None:
    maps = VGG16(width=0.0625)(picture(96, 160))

    shapes = {name: tuple(level.shape[1:]) for name, level in maps.items()}
    # A sixteenth of 256, 512, 512, 1024, 512, 256.
    assert shapes == {
        "conv3_3": (24, 40, 16),
        "conv4_3": (12, 20, 32),
        "conv5_3": (6, 10, 32),
        "fc7": (3, 5, 64),
        "conv6_2": (2, 3, 32),
        "conv7_2": (1, 2, 16),
    }


def test_parameters_of_the_full_network() -> None:
    backbone = VGG16()
    backbone(picture(32, 32))

    further = sum(
        side * side * inputs * outputs + outputs
        for side, inputs, outputs in [
            (3, 512, 1024),
            (1, 1024, 1024),
            (1, 1024, 256),
            (3, 256, 512),
            (1, 512, 128),
            (3, 128, 256),
        ]
    )
    scales = 256 + 512 + 512
    assert total_parameters(backbone) == PARAMETERS_OF_VGG + further + scales


def test_the_three_fine_maps_are_normalised() -> None:
    maps = VGG16(width=0.0625)(picture(64, 64))

    for name, length in (("conv3_3", 10), ("conv4_3", 8), ("conv5_3", 5)):
        lengths = np.linalg.norm(maps[name], axis=-1)
        np.testing.assert_allclose(lengths, length, rtol=1e-3)


def test_pictures_keep_their_variance_on_the_way_down() -> None:
    maps = VGG16(width=0.25)(picture(128, 128))

    assert 0.1 < np.std(maps["fc7"]) < 10


@pytest.mark.parametrize("width", [0.0, -1.0, 0.01])
def test_a_width_without_whole_channels(width) -> None:
    with pytest.raises(ValueError, match="whole numbers of channels"):
        VGG16(width)
