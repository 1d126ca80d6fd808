"""Placement: how a picture enters a detector, and how boxes come back."""

import re
from pathlib import Path

import numpy as np
import pytest

from tfface.predict.placement import LONG_SIDE, place


def placed(picture: tuple[int, int], long_side=None, fixed_size=None) -> tuple:
    placement = place(picture, long_side, fixed_size)
    return placement.scaled, placement.input


@pytest.mark.parametrize(
    ("picture", "long_side", "scaled", "padded"),
    [
        # (height, width)
        ((480, 640), None, (480, 640), (480, 640)),  # multiples of 32 already
        ((480, 641), None, (480, 641), (480, 672)),  # 21 x 32
        ((1, 1), None, (1, 1), (32, 32)),
        ((5, 3000), 0, (5, 3000), (32, 3008)),  # 0: as it is; 94 x 32
        ((480, 640), 0, (480, 640), (480, 640)),
        ((5, 3000), 640, (1, 640), (32, 640)),  # 5 x 640/3000 = 1.07
        ((1, 3000), 640, (1, 640), (32, 640)),  # 0.2, but never less than a pixel
        ((600, 400), 640, (640, 427), (640, 448)),  # 400 x 640/600 = 426.7
        ((480, 640), 1280, (960, 1280), (960, 1280)),
        ((8192, 8192), 0, (4096, 4096), (4096, 4096)),  # of 2^26 pixels a quarter, 2^24
        ((8, 8), 16384, (4096, 4096), (4096, 4096)),
        ((1, 160_000_000), 0, (1, 16384), (32, 16384)),
    ],
)
def test_pictures_of_any_size(
    picture: tuple[int, int],
    long_side: int | None,
    scaled: tuple[int, int],
    padded: tuple[int, int],
) -> None:
    assert placed(picture, long_side) == (scaled, padded)


@pytest.mark.parametrize(
    ("picture", "long_side", "scaled"),
    [
        ((480, 640), None, (480, 640)),
        ((960, 1280), None, (480, 640)),
        ((240, 320), None, (480, 640)),  # enlarged to fit
        ((1000, 500), None, (480, 240)),  # the height decides: 480/1000
        ((1, 3000), None, (1, 640)),
        ((240, 320), 160, (120, 160)),  # as asked
        ((240, 320), 0, (240, 320)),  # as it is, for it fits
        ((960, 1280), 0, (480, 640)),
        ((240, 320), 4000, (480, 640)),  # as large as fits
    ],
)
def test_a_detector_of_one_size(
    picture: tuple[int, int], long_side: int | None, scaled: tuple[int, int]
) -> None:
    assert placed(picture, long_side, (480, 640)) == (scaled, (480, 640))


def test_without_a_wish_larger_pictures_are_reduced_and_smaller_ones_stay() -> None:
    assert placed((LONG_SIDE + 1, 1))[0] == (LONG_SIDE, 1)
    assert placed((3 * LONG_SIDE, 4 * LONG_SIDE))[0] == (3 * LONG_SIDE // 4, LONG_SIDE)
    assert placed((LONG_SIDE, 1))[0] == (LONG_SIDE, 1)
    assert placed((LONG_SIDE - 1, 1))[0] == (LONG_SIDE - 1, 1)


def test_negative_long_sides_are_refused() -> None:
    with pytest.raises(ValueError, match="0 for the picture's own size.*got -1"):
        place((480, 640), -1, None)


def test_a_picture_that_fits_is_not_copied() -> None:
    image = np.zeros((64, 32, 3), np.uint8)

    assert place((64, 32), None, None).apply(image) is image


def test_the_padding_is_black_and_below_or_to_the_right() -> None:
    image = np.full((3, 40, 3), 200, np.uint8)

    padded = place((3, 40), None, None).apply(image)

    assert padded.shape == (32, 64, 3)
    assert (padded[:3, :40] == 200).all()
    assert padded.sum() == 3 * 40 * 3 * 200


def test_shrinking_takes_the_mean_of_the_area() -> None:
    # Columns of 0 and 100: every pixel of half the size covers one of each.
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, 1::2] = 100

    assert (place((64, 64), 32, None).apply(image) == 50).all()


def test_boxes_come_back_by_the_ratio_of_each_axis() -> None:
    # 600 x 400 becomes 640 x 427: 600/640 = 0.9375 down, 400/427 = 0.936768... across.
    placement = place((600, 400), 640, None)

    boxes = placement.to_picture(np.array([[0, 0, 427, 640], [42.7, 64, 213.5, 320]], np.float32))

    np.testing.assert_allclose(boxes, [[0, 0, 400, 600], [40, 60, 200, 300]], rtol=1e-6)


def test_boxes_are_cut_to_the_picture() -> None:
    placement = place((30, 50), None, None)  # the input is 32 x 64

    boxes = placement.to_picture(np.array([[-3, -4, 60, 31], [51, 0, 60, 10]], np.float32))

    np.testing.assert_array_equal(boxes, [[0, 0, 50, 30], [50, 0, 50, 10]])


def test_the_page_begins_with_the_same_long_side() -> None:
    page = (Path(__file__).parents[2] / "web/src/index.html").read_text()

    assert re.findall(r'<option value="(\w+)" selected>', page) == [str(LONG_SIDE)]
