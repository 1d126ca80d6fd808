"""tfface.predict.suppression: faces among the boxes of a network."""

import numpy as np

from tfface.predict.selection import Selection
from tfface.predict.suppression import suppress, suppress_candidates

NO_BOXES = np.zeros((0, 4), np.float32)


def logits_of(scores: list[float]) -> np.ndarray:
    odds = np.array(scores) / (1 - np.array(scores))
    return np.log(odds).astype(np.float32)


def test_faces_are_the_best_boxes_that_do_not_overlap() -> None:
    boxes = np.array(
        [[1, 0, 11, 10], [50, 50, 60, 60], [0, 0, 10, 10], [90, 90, 99, 99]], np.float32
    )

    faces, scores = suppress(boxes, logits_of([0.9, 0.7, 0.6, 0.01]), 0.05)

    # The third overlaps the first by 9/11; the last is below 0.05.
    np.testing.assert_array_equal(faces, boxes[:2])
    np.testing.assert_allclose(scores, [0.9, 0.7], rtol=1e-5)
    assert (faces.dtype, scores.dtype) == (np.float32, np.float32)


def test_boxes_may_overlap_up_to_the_threshold() -> None:
    # Intersection 64 of a union of 100.
    boxes = np.array([[1, 1, 9, 9], [0, 0, 10, 10]], np.float32)
    logits = np.array([2.0, 1.0], np.float32)

    assert len(suppress(boxes, logits, 0.05, 0.63)[0]) == 1
    assert len(suppress(boxes, logits, 0.05, 0.65)[0]) == 2


def test_only_so_many_faces() -> None:
    boxes = np.array([[20 * i, 0, 20 * i + 10, 10] for i in range(5)], np.float32)

    _, scores = suppress(boxes, logits_of([0.9, 0.8, 0.7, 0.6, 0.5]), 0.05, limit=2)

    np.testing.assert_allclose(scores, [0.9, 0.8], rtol=1e-5)


def test_a_picture_without_faces_has_none() -> None:
    for boxes, logits in ((np.array([[0, 0, 9, 9]]), [0.01]), (NO_BOXES, [])):
        faces, scores = suppress(boxes.astype(np.float32), logits_of(logits), 0.05)

        assert (faces.shape, scores.shape) == ((0, 4), (0,))


def test_extreme_logits_do_not_overflow() -> None:
    boxes = np.array([[0, 0, 9, 9], [20, 0, 29, 9]], np.float32)

    _, scores = suppress(boxes, np.array([1e4, -1e4], np.float32), 0.05)

    np.testing.assert_array_equal(scores, [1.0])


def test_scores_that_are_both_one_in_float32_keep_their_order() -> None:
    boxes = np.array([[1, 0, 11, 10], [0, 0, 10, 10]], np.float32)

    faces, scores = suppress(boxes, np.array([40.0, 30.0], np.float32), 0.05)

    np.testing.assert_array_equal(faces, boxes[:1])
    np.testing.assert_array_equal(scores, [1.0])


def test_the_best_of_boxes_that_overlap_cut_to_the_picture() -> None:
    boxes = np.array(
        [[0, 0, 10, 10], [50, 50, 70, 70], [1, 0, 11, 10], [95, 40, 130, 60], [0, 0, 100, 60]],
        np.float32,
    )
    scores = np.array([0.5, 0.7, 0.9, 0.6, 0.02], np.float32)

    faces, confidences = suppress_candidates(boxes, scores, (60, 100), Selection())

    # The first overlaps the third by 90 / 110; the last is at the threshold.
    np.testing.assert_array_equal(confidences, np.array([0.9, 0.7, 0.6], np.float32))
    np.testing.assert_array_equal(faces, [[1, 0, 11, 10], [50, 50, 70, 60], [95, 40, 100, 60]])


def test_no_face_among_candidates() -> None:
    faces, confidences = suppress_candidates(
        np.zeros((3, 4), np.float32), np.full(3, 0.01, np.float32), (9, 9), Selection()
    )

    assert faces.shape == (0, 4) and confidences.shape == (0,)
