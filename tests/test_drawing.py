"""draw_detections: frames and scores on a copy of the picture."""

import numpy as np
import pytest

from tfface.detections import Detections
from tfface.drawing import draw_detections, draw_masks


def face(box: list[float], score: float = 0.97) -> Detections:
    return Detections(np.array([box], np.float32), np.array([score], np.float32))


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return np.any(before != after, axis=-1)


def test_the_picture_given_stays_as_it_was() -> None:
    image = np.full((120, 160, 3), 90, np.uint8)

    drawn = draw_detections(image, face([20, 40, 80, 100]))

    assert (image == 90).all()
    assert (drawn.shape, drawn.dtype) == (image.shape, image.dtype)


def test_the_frame_lies_on_the_box() -> None:
    image = np.full((120, 160, 3), 90, np.uint8)

    marked = changed(image, draw_detections(image, face([20, 40, 80, 100])))

    # One pixel thick: the shorter side is 120, below 240. Columns 20..79, rows 40..99.
    assert marked[99, 20:80].all() and marked[40:100, 20].all() and marked[40:100, 79].all()
    assert not marked[41:99, 21:79].any()
    assert not marked[100:].any()


def test_the_score_stands_above_the_frame() -> None:
    image = np.full((120, 160, 3), 90, np.uint8)

    drawn = draw_detections(image, face([20, 40, 80, 100]))

    plate = drawn[26:39, 20:50]
    assert changed(image, drawn)[26:39, 20:50].mean() > 0.5
    assert (plate.sum(axis=-1) < 100).any()  # dark digits on it


@pytest.mark.parametrize(
    "box", [[0, 0, 20, 20], [150, 0, 160, 10], [0, 110, 10, 120], [0, 0, 160, 120]]
)
def test_a_score_at_the_border_stays_inside_the_picture(box: list[float]) -> None:
    image = np.full((120, 160, 3), 90, np.uint8)

    marked = changed(image, draw_detections(image, face(box)))

    # The plate for four digits at the smallest font is at least 25 x 11 pixels.
    assert marked.sum() > 25 * 11 * 0.8


def test_lines_and_digits_grow_with_the_picture() -> None:
    small, large = np.zeros((200, 200, 3), np.uint8), np.zeros((2000, 2000, 3), np.uint8)

    thin = changed(small, draw_detections(small, face([50, 50, 150, 150])))
    thick = changed(large, draw_detections(large, face([500, 500, 1500, 1500])))

    # Along the row through the middle of the box: twice a line of 1 pixel, twice one of 2000/240.
    assert thin[100].sum() == 2
    assert thick[1000].sum() > 2 * 6


@pytest.mark.parametrize("shape", [(1, 1), (5, 3000), (40, 30, 1), (40, 30, 4)])
def test_pictures_of_every_shape(shape: tuple[int, ...]) -> None:
    image = np.zeros(shape, np.uint8)

    assert draw_detections(image, face([0, 0, 1, 1])).shape == (*shape[:2], 3)


def test_no_faces_no_marks() -> None:
    image = np.full((20, 20, 3), 90, np.uint8)
    nobody = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    np.testing.assert_array_equal(draw_detections(image, nobody), image)


def test_what_no_mask_keeps_is_dark() -> None:
    image = np.full((2, 3, 3), 100, np.uint8)
    first = np.array([[True, True, False], [False, False, False]])
    second = np.array([[True, False, False], [True, False, False]])

    drawn = draw_masks(image, [first, second])

    # All of it with both masks, 0.3 with none, 0.65 with one of two.
    assert drawn[..., 0].tolist() == [[100, 65, 30], [65, 30, 30]]
    assert drawn.dtype == np.uint8 and (image == 100).all()
