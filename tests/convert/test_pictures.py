"""convert.pictures: what a file is compared and calibrated on."""

import cv2
import numpy as np
import pytest

from convert.pictures import calibration_pictures, pictures_of


@pytest.fixture
def folder(tmp_path):
    """Ten pictures, 20 x 40, of grey 0, 10, ... 90."""
    for number in range(10):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((20, 40), 10 * number, np.uint8))
    return str(tmp_path)


def test_pictures_that_packages_bring():
    pytest.importorskip("skimage")
    pytest.importorskip("matplotlib")

    assert [image.shape for image in pictures_of(None)] == [(512, 512, 3), (600, 512, 3)]


@pytest.mark.parametrize("name", ["missing", "."])
def test_folders_without_pictures(tmp_path, name):
    with pytest.raises(ValueError, match="expected a folder of pictures, got"):
        pictures_of(str(tmp_path / name))


@pytest.mark.parametrize(
    ("limit", "greys"),
    [(None, list(range(0, 100, 10))), (10, list(range(0, 100, 10))), (4, [0, 30, 60, 90])],
)
def test_a_limit_takes_pictures_from_the_whole_folder(folder, limit, greys):
    assert [image[0, 0, 0] for image in pictures_of(folder, limit)] == greys


def test_a_file_of_any_size_is_calibrated_on_two_sizes(folder):
    shapes = [image.shape for image in calibration_pictures(folder, None)]

    assert shapes == [(320, 640, 3), (160, 320, 3)] * 10


def test_a_file_of_one_size_is_calibrated_on_that(folder):
    images = calibration_pictures(folder, (64, 64))

    assert [image.shape for image in images] == [(64, 64, 3)] * 10
    assert images[9][:32].min() == 90 and not images[9][32:].any()  # scaled to fit, black below
