"""One look at a picture and two."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tfface.nms import non_max_suppression
from tfface.predict.close_faces import SECOND_LONG_SIDE
from tfface.predict.runtime import Faces
from tfface.predict.search import search_twice
from tfface.predict.suppression import IOU_THRESHOLD

PICTURE = np.zeros((960, 960, 3), np.uint8)
"""Three times as large as in the second look, and a multiple of 32."""

FACE, EYE = (90, 90, 900, 900), (150, 210, 450, 510)


def faces(*rows: tuple[tuple[float, ...], float]) -> Faces:
    boxes = np.array([box for box, _ in rows], np.float32).reshape(-1, 4)
    return boxes, np.array([score for _, score in rows], np.float32)


class TwoSizes:
    """A detector that finds these at the picture's size and those when it is made smaller.

    Both in pixels of `PICTURE`.
    """

    def __init__(self, first: Faces, second: Faces, fixed_size=None) -> None:
        self.first, self.second = first, second
        self.fixed_size = fixed_size
        self.sizes: list[tuple[int, ...]] = []

    def run(self, image: np.ndarray) -> Faces:
        self.sizes.append(image.shape[:2])
        boxes, scores = self.second if image.shape[0] == SECOND_LONG_SIDE else self.first
        return boxes * np.float32(image.shape[0] / 960), scores


def test_a_close_face_is_found_by_the_second_look() -> None:
    runtime = TwoSizes(faces((EYE, 0.9)), faces((FACE, 0.8)))

    boxes, scores = search_twice(runtime, PICTURE, 0.5)

    assert runtime.sizes == [(960, 960), (320, 320)]
    np.testing.assert_allclose(boxes, [FACE], atol=1e-3)
    np.testing.assert_allclose(scores, [0.8])


def test_what_is_suspect_does_not_depend_on_the_threshold() -> None:
    runtime = TwoSizes(faces((EYE, 0.31)), faces((FACE, 0.95)))

    boxes, _ = search_twice(runtime, PICTURE, 0.9)

    np.testing.assert_allclose(boxes, [FACE], atol=1e-3)


@pytest.mark.parametrize("fixed_size", [None, (960, 960)])
def test_one_look_is_enough_for_small_faces_and_all_there_is_at_a_fixed_size(fixed_size) -> None:
    small = faces(((0, 0, 90, 90), 0.9))
    runtime = TwoSizes(faces((EYE, 0.9)) if fixed_size else small, faces(), fixed_size)

    boxes, _ = search_twice(runtime, PICTURE, 0.5)

    assert runtime.sizes == [(960, 960)] and len(boxes) == 1


def test_a_photograph_is_made_smaller_and_its_boxes_are_in_its_own_pixels() -> None:
    # 4,096 pixels become 1,024 and 320.
    photograph = np.zeros((4096, 4096, 3), np.uint8)
    runtime = TwoSizes(faces((EYE, 0.9)), faces((FACE, 0.8)))

    boxes, _ = search_twice(runtime, photograph, 0.5)

    assert runtime.sizes == [(1024, 1024), (320, 320)]
    np.testing.assert_allclose(boxes, np.array([FACE]) * 4096 / 960, rtol=1e-5)


def without_duplicates(faces: Faces) -> Faces:
    kept = non_max_suppression(*faces, IOU_THRESHOLD)
    return faces[0][kept], faces[1][kept]


@st.composite
def looks(draw) -> Faces:
    corners = arrays.arrays(np.int32, (6, 2, 2), elements=st.integers(0, 959))
    edges = np.sort(draw(corners), axis=1)
    boxes = np.concatenate([edges[:, 0], edges[:, 1] + 1], axis=1).astype(np.float32)
    likely = st.floats(1 / 64, 1, width=32)
    scores = draw(arrays.arrays(np.float32, 6, elements=likely, unique=True))
    return without_duplicates((boxes, scores))


@given(looks(), looks(), st.floats(1 / 64, 1, width=32))
def test_the_threshold_leaves_out_faces_and_changes_no_other(first, second, threshold) -> None:
    runtime = TwoSizes(first, second)
    boxes, scores = search_twice(runtime, PICTURE, 1 / 64)

    likely, likely_scores = search_twice(runtime, PICTURE, threshold)

    assert sorted(likely.tolist()) == sorted(boxes[scores >= threshold].tolist())
    assert sorted(likely_scores.tolist()) == sorted(scores[scores >= threshold].tolist())
