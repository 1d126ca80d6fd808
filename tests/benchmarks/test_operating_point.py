"""Recall and precision at one threshold, by size."""

import numpy as np

from benchmarks.operating_point import judge
from tfface.evaluation.wider import WiderFaces


def test_faces_and_boxes_are_counted_by_their_longer_side() -> None:
    # Faces of 20, 40 and 300 pixels, and one of 100 that the protocol leaves out.
    boxes = [[0, 0, 20, 10], [100, 0, 140, 40], [0, 100, 200, 400], [300, 0, 400, 100]]
    counted = np.array([True, True, True, False])
    faces = WiderFaces(np.array(boxes, np.float32), {"hard": counted})
    found = [
        [0, 0, 20, 10, 0.9],  # the first face
        [1, 0, 20, 10, 0.8],  # again: false
        [0, 100, 200, 400, 0.9],  # the third
        [300, 0, 400, 100, 0.9],  # the one left out: not counted
        [500, 500, 800, 800, 0.6],  # nothing, 300 pixels
    ]

    counts = judge({"a": np.array(found), "b": np.zeros((0, 5))}, {"a": faces, "b": faces})

    # Classes end at 16, 32, 64, 128 and 256 pixels; two pictures with the same faces.
    assert counts.faces.tolist() == [0, 2, 2, 0, 0, 2]
    assert counts.found.tolist() == [0, 1, 0, 0, 0, 1]
    assert counts.boxes.tolist() == [0, 2, 0, 0, 0, 2]
    assert counts.false.tolist() == [0, 1, 0, 0, 0, 1]


def test_boxes_in_pictures_without_faces_are_false() -> None:
    nobody = WiderFaces(np.zeros((0, 4), np.float32), {"hard": np.zeros(0, bool)})

    counts = judge({"a": np.array([[0, 0, 50, 50, 0.7]])}, {"a": nobody})

    assert (counts.boxes.sum(), counts.false.tolist()) == (1, [0, 0, 1, 0, 0, 0])
