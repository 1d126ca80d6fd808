"""The second look for faces that fill the picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tfface.nms import non_max_suppression
from tfface.predict.close_faces import SECOND_LONG_SIDE, join_looks, search_twice
from tfface.predict.runtime import Faces
from tfface.predict.suppression import IOU_THRESHOLD

FACE = (100, 100, 900, 900)
LEFT_EYE, RIGHT_EYE = (150, 200, 450, 500), (550, 200, 850, 500)
BYSTANDER = (920, 10, 960, 60)


def faces(*rows: tuple[tuple[float, ...], float]) -> Faces:
    boxes = np.array([box for box, _ in rows], np.float32).reshape(-1, 4)
    return boxes, np.array([score for _, score in rows], np.float32)


class Looks:
    """A search that finds the one at the default size and the other at a smaller one."""

    def __init__(self, first: Faces, second: Faces) -> None:
        self.found = {None: first, SECOND_LONG_SIDE: second}
        self.long_sides: list[int | None] = []

    def __call__(self, threshold: float, long_side: int | None) -> Faces:
        self.long_sides.append(long_side)
        boxes, scores = self.found[long_side]
        return boxes[scores >= threshold], scores[scores >= threshold]


EYES = faces((LEFT_EYE, 0.9), (RIGHT_EYE, 0.8), (BYSTANDER, 0.7))


def test_of_a_face_that_fills_the_picture_the_parts_are_no_faces() -> None:
    boxes, scores = search_twice(Looks(EYES, faces((FACE, 0.6))), 1000, 0.5)

    assert boxes.tolist() == [list(BYSTANDER), list(FACE)]
    assert scores.tolist() == pytest.approx([0.7, 0.6])


def test_parts_stay_where_there_is_no_sure_face_around_them() -> None:
    boxes, _ = search_twice(Looks(EYES, faces((FACE, 0.4))), 1000, 0.5)

    assert boxes.tolist() == [list(LEFT_EYE), list(RIGHT_EYE), list(BYSTANDER)]


def test_small_faces_are_those_of_the_first_look() -> None:
    second = faces((FACE, 0.9), ((920, 200, 960, 260), 0.9))

    boxes, _ = search_twice(Looks(EYES, second), 1000, 0.5)

    assert boxes.tolist() == [list(FACE), list(BYSTANDER)]


def test_a_close_face_that_the_second_look_does_not_see_is_none() -> None:
    # 500 of 1,000 pixels: it decides on 400 and more.
    boxes, _ = search_twice(
        Looks(faces(((0, 0, 500, 500), 0.9), (BYSTANDER, 0.7)), faces()), 1000, 0.5
    )

    assert boxes.tolist() == [list(BYSTANDER)]


@pytest.mark.parametrize(("height", "other"), [(390, 410), (410, 390), (290, 310), (310, 290)])
def test_a_face_at_a_limit_that_both_see_is_one_face(height, other) -> None:
    # An IoU of 0.94 and more. Below 300 pixels of 1,000 it is the first that decides.
    first, second = faces(((0, 0, 250, height), 0.9)), faces(((0, 0, 250, other), 0.8))

    boxes, _ = join_looks(first, second, 1000)

    assert boxes.tolist() == [[0, 0, 250, other if other >= 300 else height]]


@pytest.mark.parametrize(
    ("first", "longer", "looks"),
    [
        (EYES, 1000, [None, SECOND_LONG_SIDE]),
        # Known to be whole: a picture no larger than what detectors were trained on.
        (EYES, 640, [None]),
        # 300 of 1,201 pixels are less than a quarter.
        (EYES, 1201, [None]),
        (faces((LEFT_EYE, 0.29)), 1000, [None]),
        # What is suspect does not depend on the threshold of the caller.
        (faces((LEFT_EYE, 0.31)), 1000, [None, SECOND_LONG_SIDE]),
        (faces(), 1000, [None]),
    ],
)
def test_a_second_look_is_taken_where_a_box_is_large(first, longer, looks) -> None:
    search = Looks(first, faces())

    search_twice(search, longer, 0.9)

    assert search.long_sides == looks


def without_duplicates(faces: Faces) -> Faces:
    kept = non_max_suppression(*faces, IOU_THRESHOLD)
    return faces[0][kept], faces[1][kept]


@st.composite
def looks(draw) -> Faces:
    corners = arrays.arrays(np.int32, (6, 2, 2), elements=st.integers(0, 1000))
    edges = np.sort(draw(corners), axis=1)
    boxes = np.concatenate([edges[:, 0], edges[:, 1] + 1], axis=1).astype(np.float32)
    scores = draw(
        arrays.arrays(np.float32, 6, elements=st.floats(1 / 64, 1, width=32), unique=True)
    )
    return without_duplicates((boxes, scores))


@given(looks(), looks(), st.floats(1 / 64, 1, width=32))
def test_the_threshold_leaves_out_faces_and_changes_no_other(first, second, threshold) -> None:
    search = Looks(first, second)
    boxes, scores = search_twice(search, 1000, 1 / 64)

    likely, likely_scores = search_twice(search, 1000, threshold)

    assert sorted(likely.tolist()) == sorted(boxes[scores >= threshold].tolist())
    assert sorted(likely_scores.tolist()) == sorted(scores[scores >= threshold].tolist())
