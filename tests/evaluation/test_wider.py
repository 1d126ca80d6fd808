"""Specification of `tfface.evaluation.wider`, one rule of the official protocol a test."""

import numpy as np
import pytest

from tfface.evaluation.wider import (
    SETTINGS,
    WiderFaces,
    evaluate_by_overlap,
    evaluate_wider,
    normalise,
    overlaps,
)

FACE = [0, 0, 9, 9]  # 10 x 10 pixels as the protocol counts them
OTHER_FACE = [100, 100, 119, 119]
NOWHERE = [300, 300, 320, 320]


def faces(*boxes, counted=None):
    """Faces that count, or do not, alike in all settings."""
    counted = [True] * len(boxes) if counted is None else counted
    mask = np.array(counted, dtype=bool)
    return WiderFaces(np.array(boxes, np.float32).reshape(-1, 4), dict.fromkeys(SETTINGS, mask))


def detections(*rows):
    """Rows of (box, score) as predictions."""
    return np.array([[*box, score] for box, score in rows], np.float32).reshape(-1, 5)


def area_of(predictions, ground_truth):
    return evaluate_wider(predictions, ground_truth)["hard"].average_precision


# Sides have one pixel added.


def test_overlap_adds_one_pixel_to_every_side():
    # 10 x 10 and 10 x 10 pixels share 5 x 10: 50 / (100 + 100 - 50) = 1/3.
    # Without the pixel it were 4 * 9 / (81 + 81 - 36) = 2/7.
    overlap = overlaps(np.array([[0, 0, 9, 9]]), np.array([[5, 0, 14, 9]]))
    np.testing.assert_allclose(overlap, [[1 / 3]])


def test_boxes_that_touch_overlap_by_one_pixel():
    # Both end or begin at pixel (9, 9): 1 / (100 + 100 - 1).
    np.testing.assert_allclose(overlaps(np.array([FACE]), np.array([[9, 9, 18, 18]])), [[1 / 199]])


def test_boxes_apart_do_not_overlap():
    # Apart on both axes: the two negative sides must not multiply to a positive area.
    np.testing.assert_array_equal(overlaps(np.array([FACE]), np.array([NOWHERE])), [[0]])


def test_overlap_of_exactly_one_half_finds_the_face():
    # 10 x 5 pixels of 10 x 10: 50 / 100. Without the added pixel: 36 / 81 = 0.44, a miss.
    assert area_of({"a.jpg": detections(([0, 0, 9, 4], 1.0))}, {"a.jpg": faces(FACE)}) == 1.0


def test_overlap_below_one_half_is_a_false_positive():
    # 10 x 4 pixels of 10 x 10: 0.4.
    assert area_of({"a.jpg": detections(([0, 0, 9, 3], 1.0))}, {"a.jpg": faces(FACE)}) == 0.0


# What counts.


def test_a_detection_on_an_ignored_face_does_not_count():
    # The ignored face has the higher score: were it a false positive, precision would be 1/2.
    predictions = {"a.jpg": detections((OTHER_FACE, 0.9), (FACE, 0.5))}
    ground_truth = {"a.jpg": faces(FACE, OTHER_FACE, counted=[True, False])}
    assert area_of(predictions, ground_truth) == 1.0


def test_two_detections_on_an_ignored_face_do_not_count_either():
    predictions = {"a.jpg": detections((OTHER_FACE, 0.9), (OTHER_FACE, 0.8), (FACE, 0.5))}
    ground_truth = {"a.jpg": faces(FACE, OTHER_FACE, counted=[True, False])}
    assert area_of(predictions, ground_truth) == 1.0


def test_the_second_detection_of_a_face_is_a_false_positive():
    # In falling score: found, duplicate, found. Recall 1/2 at precision 1, then 1 at 2/3.
    predictions = {"a.jpg": detections((FACE, 0.9), (FACE, 0.8), (OTHER_FACE, 0.1))}
    expected = 1 / 2 * 1 + 1 / 2 * 2 / 3
    assert area_of(predictions, {"a.jpg": faces(FACE, OTHER_FACE)}) == pytest.approx(expected)


def test_no_second_best_face_is_tried():
    # The second detection overlaps the first face most (100/110) though the other by 100/130 > 0.5.
    # It is a duplicate of the first: 1 of 2 faces found with the first detection.
    tall, taller = [0, 0, 9, 10], [0, 0, 9, 12]
    predictions = {"a.jpg": detections((tall, 0.9), (FACE, 0.5))}
    assert area_of(predictions, {"a.jpg": faces(tall, taller)}) == pytest.approx(0.5)


def test_an_ignored_face_takes_a_detection_from_a_face_that_counts():
    ground_truth = {"a.jpg": faces(FACE, [0, 0, 9, 10], counted=[False, True])}
    assert area_of({"a.jpg": detections((FACE, 0.9))}, ground_truth) == 0.0


def test_settings_count_different_faces():
    mask = {
        "easy": np.array([True, False]),
        "medium": np.array([True, True]),
        "hard": np.array([False, False]),
    }
    ground_truth = {"a.jpg": WiderFaces(np.array([FACE, OTHER_FACE], np.float32), mask)}
    curves = evaluate_wider({"a.jpg": detections((FACE, 0.9))}, ground_truth)
    assert list(curves) == ["easy", "medium", "hard"]
    assert [curve.faces for curve in curves.values()] == [1, 2, 0]
    assert curves["easy"].average_precision == 1.0
    assert curves["medium"].average_precision == 0.5
    assert np.isnan(curves["hard"].average_precision)


# Order and range of scores.


def test_order_of_the_predictions_does_not_matter():
    rows = [(FACE, 0.2), (NOWHERE, 0.5), (OTHER_FACE, 0.9), (FACE, 0.4)]
    ground_truth = {"a.jpg": faces(FACE, OTHER_FACE)}
    # In falling score: found, wrong, found, duplicate. 1/2 * 1 + 1/2 * 2/3.
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]):
        shuffled = {"a.jpg": detections(*[rows[i] for i in order])}
        assert area_of(shuffled, ground_truth) == pytest.approx(1 / 2 + 1 / 2 * 2 / 3)


def test_scores_are_normalised_over_all_pictures():
    # Over all pictures 6 becomes 1 and 2 becomes 0, so 4 becomes 0.5. Normalised by picture, the
    # false positive of b.jpg would rank beside the first of a.jpg.
    predictions = {
        "a.jpg": detections((FACE, 6.0), (OTHER_FACE, 5.0)),
        "b.jpg": detections((NOWHERE, 4.0), (NOWHERE, 2.0)),
    }
    ground_truth = {"a.jpg": faces(FACE, OTHER_FACE), "b.jpg": faces(FACE)}
    # Two of three faces are found before the first false positive.
    assert area_of(predictions, ground_truth) == pytest.approx(2 / 3)


def test_normalise_maps_the_range_to_0_and_1():
    np.testing.assert_allclose(normalise(np.array([2.0, 4, 6]), 2, 6), [0, 0.5, 1])


def test_equal_scores_all_become_1():
    np.testing.assert_array_equal(normalise(np.array([0.5, 0.5]), 0.5, 0.5), [1, 1])
    assert area_of({"a.jpg": detections((FACE, 0.5))}, {"a.jpg": faces(FACE)}) == 1.0


def test_thresholds_are_given_in_the_scores_of_the_detector():
    predictions = {"a.jpg": detections((FACE, 6.0), (NOWHERE, 2.0))}
    thresholds = evaluate_wider(predictions, {"a.jpg": faces(FACE)})["hard"].thresholds
    # 1000 thresholds from 0.999 to 0 of the range 2..6.
    assert len(thresholds) == 1000
    assert thresholds[0] == pytest.approx(2 + 0.999 * 4)
    assert thresholds[-1] == pytest.approx(2)


def test_scores_between_two_thresholds_are_told_apart_no_further():
    # 1 fixes the range with 0. 0.5004 and 0.5001 are both reached at 0.5, so the false positive and
    # the face count at once: 1 found of 3 proposals (the best score is a false positive, too).
    rows = detections((NOWHERE, 1.0), (NOWHERE, 0.5004), (FACE, 0.5001), (NOWHERE, 0.0))
    curve = evaluate_wider({"a.jpg": rows}, {"a.jpg": faces(FACE)})["hard"]
    assert curve.average_precision == pytest.approx(1 / 3)


# Empty pictures and no predictions.


def test_faces_of_a_picture_without_predictions_are_to_be_found():
    ground_truth = {"a.jpg": faces(FACE), "b.jpg": faces(FACE)}
    for missing in ({}, {"b.jpg": np.zeros((0, 5), np.float32)}):
        predictions = {"a.jpg": detections((FACE, 0.9)), **missing}
        assert area_of(predictions, ground_truth) == 0.5


def test_false_positives_on_a_picture_without_faces_never_count():
    predictions = {"a.jpg": detections((FACE, 0.5)), "b.jpg": detections((FACE, 0.9))}
    assert area_of(predictions, {"a.jpg": faces(FACE), "b.jpg": faces()}) == 1.0


def test_but_on_a_picture_with_only_ignored_faces_they_do():
    # The false positive has the higher score: 1 of 2 proposals is right at full recall.
    predictions = {"a.jpg": detections((FACE, 0.5)), "b.jpg": detections((NOWHERE, 0.9))}
    ground_truth = {"a.jpg": faces(FACE), "b.jpg": faces(FACE, counted=[False])}
    assert area_of(predictions, ground_truth) == pytest.approx(0.5)


def test_no_predictions_at_all_give_an_area_of_0():
    curves = evaluate_wider({}, {"a.jpg": faces(FACE)})
    assert curves["hard"].average_precision == 0.0
    assert not np.isnan(curves["hard"].precision).any()


def test_no_faces_at_all_give_no_area():
    curve = evaluate_wider({"a.jpg": detections((FACE, 0.9))}, {"a.jpg": faces()})["hard"]
    assert curve.faces == 0
    assert np.isnan(curve.average_precision)


# Errors.


@pytest.mark.parametrize(
    ("predictions", "message"),
    [
        ({"other.jpg": detections((FACE, 0.9))}, "got 'other.jpg'"),
        ({"a.jpg": np.zeros((2, 4))}, r"expected predictions of shape \(n, 5\) for a.jpg"),
        ({"a.jpg": detections((FACE, np.nan))}, "NaN or infinity"),
        ({"a.jpg": detections(([0, 0, np.inf, 9], 0.5))}, "NaN or infinity"),
    ],
)
def test_wrong_predictions_are_told(predictions, message):
    with pytest.raises(ValueError, match=message):
        evaluate_wider(predictions, {"a.jpg": faces(FACE)})


def test_a_box_that_fits_badly_is_found_at_low_overlaps_alone():
    # 65 of the 100 columns, with the pixel that the protocol adds.
    found = {"a": detections(([0, 0, 64, 99], 0.9))}

    curves = evaluate_by_overlap(found, {"a": faces([0, 0, 99, 99])})

    assert {name: curve.average_precision for name, curve in curves.items()} == {
        "hard at 0.5": 1,
        "hard at 0.6": 1,
        "hard at 0.7": 0,
        "hard at 0.8": 0,
    }
