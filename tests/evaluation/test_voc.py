"""tfface.evaluation.voc: the toolbox of AFW and PASCAL Face, and MAFA, one rule a test."""

import numpy as np
import pytest

from tfface.data.mat import FaceKind
from tfface.evaluation.coco import BoxFaces
from tfface.evaluation.voc import (
    MafaFaces,
    evaluate_mafa,
    evaluate_toolbox,
    evaluate_voc,
)

FACE = (0, 0, 99, 99)  # 100 x 100 pixels as the toolbox counts them
OTHER = (200, 200, 299, 299)
NOWHERE = (400, 400, 450, 450)


def faces(*boxes, ignored=()):
    marks = [place in ignored for place in range(len(boxes))]
    return BoxFaces(np.array(boxes, np.float32).reshape(-1, 4), np.array(marks, bool))


def detections(*rows):
    return np.array([[*box, score] for box, score in rows], np.float64).reshape(-1, 5)


def test_a_curve_worked_out_by_hand():
    # By falling score: right, wrong, right, of three faces in two pictures.
    predictions = {
        "a": detections((NOWHERE, 0.8), (FACE, 0.9)),
        "b": detections((OTHER, 0.7)),
    }
    curve = evaluate_voc(predictions, {"a": faces(FACE, OTHER), "b": faces(OTHER)})

    np.testing.assert_allclose(curve.recall, [1 / 3, 1 / 3, 2 / 3])
    np.testing.assert_allclose(curve.precision, [1, 1 / 2, 2 / 3])
    np.testing.assert_allclose(curve.thresholds, [0.9, 0.8, 0.7])
    # 1/3 x 1 + 1/3 x 2/3 = 5/9.
    assert curve.average_precision == pytest.approx(5 / 9)


def test_an_overlap_of_one_half_is_not_enough():
    # 100 x 50 of 100 x 100 pixels, and one row more: 51 / 100.
    for rows, area in ((49, 0.0), (50, 1.0)):
        found = evaluate_voc({"a": detections(((0, 0, 99, rows), 0.9))}, {"a": faces(FACE)})
        assert found.average_precision == area


def test_of_two_detections_of_a_face_the_second_is_wrong():
    curve = evaluate_voc({"a": detections((FACE, 0.9), (FACE, 0.8))}, {"a": faces(FACE)})
    np.testing.assert_allclose(curve.precision, [1, 1 / 2])


def test_no_second_best_face_is_tried():
    # Both detections overlap the first face most, though the second is free.
    near = (0, 30, 99, 129)
    found = detections((FACE, 0.9), ((0, 5, 99, 104), 0.8))
    curve = evaluate_voc({"a": found}, {"a": faces(FACE, near)})
    np.testing.assert_allclose(curve.recall, [1 / 2, 1 / 2])


def test_a_detection_on_an_ignored_face_does_not_count():
    curve = evaluate_voc(
        {"a": detections((OTHER, 0.9), (FACE, 0.8))}, {"a": faces(FACE, OTHER, ignored=[1])}
    )
    assert curve.faces == 1
    assert curve.average_precision == 1.0


def test_a_picture_without_faces_has_errors():
    curve = evaluate_voc(
        {"a": detections((FACE, 0.9)), "b": detections((FACE, 0.8))},
        {"a": faces(), "b": faces(FACE)},
    )
    np.testing.assert_allclose(curve.precision, [0, 1 / 2])


def test_what_is_small_does_not_count_in_the_toolbox():
    # Ignored: a face of 29 x 60 pixels. Left out: a detection of 21 x 21, but not of 22 x 10.
    truth = {"a": faces((0, 0, 29, 60), FACE)}
    found = {
        "a": detections(((400, 0, 421, 21), 0.9), ((500, 0, 522, 10), 0.8), (FACE, 0.7)),
    }
    curve = evaluate_toolbox(found, truth)["as detected"]
    assert curve.faces == 1
    np.testing.assert_allclose(curve.precision, [0, 1 / 2])


def test_boxes_of_another_style_are_fitted():
    # Both are 120 columns wide instead of 100. The first begins 10 to the right of its face:
    # 90 x 100 / (100 x 100 + 120 x 100 - 90 x 100) = 0.69. The second begins 20 to the right, and
    # is 70 rows high: 80 x 70 / (100 x 100 + 120 x 70 - 80 x 70) = 0.44.
    first, second = (10, 0, 129, 99), (220, 200, 339, 269)
    truth = {"a": faces(FACE), "b": faces(OTHER)}

    curves = evaluate_toolbox(
        {"a": detections((first, 0.9)), "b": detections((second, 0.8))}, truth
    )

    # The centre of the first is 20 to the right of its face's. So the second becomes 100 columns
    # that begin 10 to the right: 90 x 70 / (100 x 100 + 100 x 70 - 90 x 70) = 0.59.
    assert curves["as detected"].average_precision == pytest.approx(1 / 2)
    assert curves["fitted"].average_precision == 1.0


def test_nothing_to_fit_to():
    curves = evaluate_toolbox({"a": detections((NOWHERE, 0.9))}, {"a": faces(FACE)})
    assert [curve.average_precision for curve in curves.values()] == [0, 0]


def test_the_sets_of_mafa():
    # A masked, an unmasked and an invalid face, found by falling score; and one that is wrong.
    boxes = np.array([FACE, OTHER, (600, 0, 699, 99)], np.float32)
    truth = {"a": MafaFaces(boxes, np.array(list(FaceKind)))}
    found = {"a": detections((boxes[2], 0.9), (boxes[1], 0.8), (NOWHERE, 0.7), (boxes[0], 0.6))}

    curves = evaluate_mafa(found, truth)

    assert {name: curve.faces for name, curve in curves.items()} == {
        "whole": 3,
        "masked": 1,
        "unignored": 2,
    }
    # Whole: precisions 1, 1, 2/3, 3/4. Masked: 0 of 1, then 1 of 2, for the others do not count.
    # Unignored: 1, then 1 of 2, then 2 of 3.
    assert curves["whole"].average_precision == pytest.approx((1 + 1 + 3 / 4) / 3)
    assert curves["masked"].average_precision == pytest.approx(1 / 2)
    assert curves["unignored"].average_precision == pytest.approx((1 + 2 / 3) / 2)


def test_predictions_that_cannot_be_judged_are_refused():
    for evaluate in (evaluate_voc, evaluate_toolbox):
        with pytest.raises(ValueError, match="got 'b'"):
            evaluate({"b": detections()}, {"a": faces()})
