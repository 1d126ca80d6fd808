"""tfface.predict.suppression: faces among all boxes of a network."""

import numpy as np

from tfface.predict.suppression import select_faces


def test_the_best_of_boxes_that_overlap_cut_to_the_picture() -> None:
    boxes = np.array(
        [[0, 0, 10, 10], [50, 50, 70, 70], [1, 0, 11, 10], [95, 40, 130, 60], [0, 0, 100, 60]],
        np.float32,
    )
    scores = np.array([0.5, 0.7, 0.9, 0.6, 0.02], np.float32)

    faces, confidences = select_faces(boxes, scores, (60, 100))

    # The first overlaps the third by 90 / 110; the last is at the threshold.
    np.testing.assert_array_equal(confidences, np.array([0.9, 0.7, 0.6], np.float32))
    np.testing.assert_array_equal(faces, [[1, 0, 11, 10], [50, 50, 70, 60], [95, 40, 100, 60]])


def test_no_face() -> None:
    faces, confidences = select_faces(
        np.zeros((3, 4), np.float32), np.full(3, 0.01, np.float32), (9, 9)
    )

    assert faces.shape == (0, 4) and confidences.shape == (0,)
