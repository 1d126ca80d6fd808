"""Which faces are close, and what two looks at a picture of 1,000 pixels make of them."""

import numpy as np
import pytest

from tfface.predict.close_faces import join_looks, needs_second_look
from tfface.predict.runtime import Faces

FACE = (100, 100, 900, 900)
LEFT_EYE, RIGHT_EYE = (150, 200, 450, 500), (550, 200, 850, 500)
BYSTANDER = (920, 10, 960, 60)


def faces(*rows: tuple[tuple[float, ...], float]) -> Faces:
    boxes = np.array([box for box, _ in rows], np.float32).reshape(-1, 4)
    return boxes, np.array([score for _, score in rows], np.float32)


EYES = faces((LEFT_EYE, 0.9), (RIGHT_EYE, 0.8), (BYSTANDER, 0.7))


def test_of_a_face_that_fills_the_picture_the_parts_are_no_faces() -> None:
    boxes, scores = join_looks(EYES, faces((FACE, 0.6)), 1000)

    assert boxes.tolist() == [list(BYSTANDER), list(FACE)]
    assert scores.tolist() == pytest.approx([0.7, 0.6])


def test_parts_stay_where_there_is_no_sure_face_around_them() -> None:
    boxes, _ = join_looks(EYES, faces((FACE, 0.4)), 1000)

    assert boxes.tolist() == [list(LEFT_EYE), list(RIGHT_EYE), list(BYSTANDER), list(FACE)]


def test_small_faces_are_those_of_the_first_look() -> None:
    second = faces((FACE, 0.9), ((920, 200, 960, 260), 0.9))

    boxes, _ = join_looks(EYES, second, 1000)

    assert boxes.tolist() == [list(FACE), list(BYSTANDER)]


def test_a_close_face_that_the_second_look_does_not_see_is_none() -> None:
    # 500 of 1,000 pixels: it decides on 400 and more.
    boxes, _ = join_looks(faces(((0, 0, 500, 500), 0.9), (BYSTANDER, 0.7)), faces(), 1000)

    assert boxes.tolist() == [list(BYSTANDER)]


@pytest.mark.parametrize(("height", "other"), [(390, 410), (410, 390), (290, 310), (310, 290)])
def test_a_face_at_a_limit_that_both_see_is_one_face(height, other) -> None:
    # An IoU of 0.94 and more. Below 300 pixels of 1,000 it is the first that decides.
    first, second = faces(((0, 0, 250, height), 0.9)), faces(((0, 0, 250, other), 0.8))

    boxes, _ = join_looks(first, second, 1000)

    assert boxes.tolist() == [[0, 0, 250, other if other >= 300 else height]]


@pytest.mark.parametrize(
    ("found", "longer", "needed"),
    [
        (EYES, 1000, True),
        # No larger than what detectors were trained on.
        (EYES, 640, False),
        # 300 of 1,201 pixels are less than a quarter.
        (EYES, 1201, False),
        (faces((LEFT_EYE, 0.29)), 1000, False),
        (faces(), 1000, False),
    ],
)
def test_a_second_look_is_needed_where_a_box_is_large(found, longer, needed) -> None:
    assert needs_second_look(found, longer) is needed
