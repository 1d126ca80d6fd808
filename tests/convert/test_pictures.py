"""convert.pictures: what a file is compared and calibrated on."""

import shutil
import weakref

import cv2
import numpy as np
import pytest

import convert.pictures
from convert.pictures import PARITY_LIMIT, calibration_pictures, parity_pictures, pictures_of
from tfface.image import read_image
from tfface.predict.placement import LONG_SIDE


@pytest.fixture
def folder(tmp_path):
    """Ten pictures, 20 x 40, of grey 0, 10, ... 90."""
    for number in range(10):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((20, 40), 10 * number, np.uint8))
    return str(tmp_path)


def test_pictures_that_packages_bring():
    pytest.importorskip("skimage")
    pytest.importorskip("matplotlib")

    assert [image.shape for image in parity_pictures(None, None)] == [(512, 512, 3), (600, 512, 3)]


@pytest.mark.parametrize("name", ["missing", "."])
def test_folders_without_pictures(tmp_path, name):
    with pytest.raises(ValueError, match="expected a folder of pictures, got"):
        next(pictures_of(str(tmp_path / name), 1))


@pytest.mark.parametrize(
    ("limit", "greys"),
    [(100, list(range(0, 100, 10))), (10, list(range(0, 100, 10))), (4, [0, 30, 60, 90])],
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


def test_a_file_of_any_size_is_compared_on_pictures_that_detect_would_not_reduce(folder, tmp_path):
    assert [image.shape for image in parity_pictures(folder, None)] == [(20, 40, 3)] * 10

    cv2.imwrite(str(tmp_path / "0.png"), np.zeros((1000, 2 * LONG_SIDE), np.uint8))
    assert parity_pictures(folder, None)[0].shape == (500, LONG_SIDE, 3)


def test_a_file_of_one_size_is_compared_on_pictures_that_fit_into_it(folder):
    # The black that fills the rest comes when they are compared.
    assert [image.shape for image in parity_pictures(folder, (64, 64))] == [(32, 64, 3)] * 10


def test_a_file_is_compared_on_so_many_pictures_at_most(folder):
    assert [image[0, 0, 0] for image in parity_pictures(folder, None, 4)] == [0, 30, 60, 90]
    assert PARITY_LIMIT <= 100


@pytest.mark.parametrize("pictures", [parity_pictures, calibration_pictures])
@pytest.mark.parametrize("size", [None, (64, 64)])
def test_pictures_at_their_own_size_are_not_held(folder, monkeypatch, pictures, size):
    held: list[weakref.ref] = []

    def read(path):
        # The one that was read before may still be in the hands of the loop.
        assert sum(reference() is not None for reference in held) <= 1
        image = cv2.resize(read_image(path), (2000, 1500))
        held.append(weakref.ref(image))
        return image

    monkeypatch.setattr(convert.pictures, "read_image", read)
    assert pictures(folder, size)
    assert len(held) == 10
    assert not any(reference() is not None for reference in held)


def test_pictures_that_cannot_be_read_are_passed_over(folder, tmp_path, caplog):
    shutil.copytree(folder, tmp_path / "some")
    (tmp_path / "some" / "a.png").write_bytes(b"no picture")

    assert len(list(pictures_of(str(tmp_path / "some"), 100))) == 10
    assert "passed over: " in caplog.text and "a.png" in caplog.text


def test_a_folder_of_pictures_none_of_which_can_be_read_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")

    with pytest.raises(ValueError, match=r"a\.png"):
        list(pictures_of(str(tmp_path), 100))
