"""tfface.proposals: what suppression leaves, and faces among it."""

import numpy as np

from tfface.anchors import AnchorLevel
from tfface.matching import ABSENT, FACE, IGNORED
from tfface.proposals import make_proposals, nearest_level


def test_faces_come_first_and_then_the_surest_that_are_kept() -> None:
    box, same, other = [0, 0, 10, 10], [0, 0, 10, 9.5], [50, 50, 60, 60]
    boxes = np.array([[box, same, other]], np.float32)
    faces = np.array([[[20, 20, 30, 30], [0, 0, 0, 0], [70, 70, 75, 75]]], np.float32)

    made, levels, there = (
        np.asarray(array)[0]
        for array in make_proposals(
            boxes,
            np.array([[2, 2, 1]], np.int32),
            faces,
            np.array([[FACE, ABSENT, IGNORED]], np.int32),
            np.array([[3, 0, 0]], np.int32),
            count=4,
            iou_threshold=0.7,
        )
    )

    # Half of the four are for faces, of which one is none.
    np.testing.assert_array_equal(made[[0, 2, 3]], [faces[0, 0], box, other])
    assert levels[[0, 2, 3]].tolist() == [3, 2, 1]
    assert there.tolist() == [True, False, True, True]


def test_room_is_left_where_too_few_are_kept() -> None:
    boxes = np.array([[[0, 0, 10, 10]] * 5], np.float32)
    nobody = np.zeros((1, 2, 4), np.float32), np.zeros((1, 2), np.int32)

    _, _, there = make_proposals(
        boxes, np.zeros((1, 5), np.int32), *nobody, nobody[1], count=6, iou_threshold=0.7
    )

    assert np.asarray(there)[0].tolist() == [False, False, True, False, False, False]


def test_the_nearest_level_in_octaves() -> None:
    levels = [AnchorLevel(4, (8.0,)), AnchorLevel(8, (16.0,)), AnchorLevel(16, (32.0,))]
    # Roots of areas: 3; 11 and 12, of which 11.3 is the middle; 22 (of 11 x 44); 500.
    sides = [(3, 3), (11, 11), (12, 12), (11, 44), (500, 500)]
    boxes = np.array([[0, 0, width, height] for width, height in sides], np.float32)

    assert np.asarray(nearest_level(boxes, levels)).tolist() == [0, 0, 1, 1, 2]
