"""Results by class of face, and whether scores can be believed."""

import math

import numpy as np
import pytest

from tfface.evaluation.report.breakdown import class_result, reliability
from tfface.evaluation.report.faces import HEIGHT
from tfface.evaluation.report.judgement import FaceTable, judge


@pytest.fixture
def table(faces):
    return FaceTable.of(faces)


def test_a_class_of_height_has_wrong_detections_of_that_height_alone(judgement, table):
    small = class_result(judgement, table, HEIGHT, 1, threshold=0.85)

    # Face 0 is found, before its second box is wrong.
    assert (small.faces, small.average_precision, small.recall) == (1, 1.0, 1.0)

    large = class_result(judgement, table, HEIGHT, 3, threshold=0.85)

    # Face 3 is found after a wrong detection of 100 pixels, and below the threshold.
    assert (large.faces, large.average_precision, large.recall) == (1, 0.5, 0.0)


def test_every_other_class_has_all_that_are_on_no_face(judgement, table):
    blurred = class_result(judgement, table, "blur", 2, threshold=0.3)

    # Two on no face, of 40 and 100 pixels, before face 3; face 2 does not count.
    assert blurred.faces == 1
    assert blurred.average_precision == pytest.approx(1 / 3)
    assert blurred.recall == 1


def test_a_class_without_faces(judgement, table):
    empty = class_result(judgement, table, "blur", 1, threshold=0.5)

    assert empty.faces == 0
    assert math.isnan(empty.average_precision) and math.isnan(empty.recall)


def test_how_often_detections_are_right_by_score(judgement):
    result = reliability(judgement)

    # Right: 0.9 and 0.3; wrong: 0.8, 0.5 and 0.4. What is on face 2 does not count.
    assert result.detections.tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 1, 1]
    assert result.precision[[3, 4, 5, 8, 9]].tolist() == [1, 0, 0, 0, 1]
    # (0.7 + 0.4 + 0.5 + 0.8 + 0.1) / 5
    assert result.error == pytest.approx(0.5)


def test_a_score_of_1_is_in_the_last_class(faces):
    result = reliability(judge({"a.jpg": np.array([[0, 0, 20, 20, 1.0]])}, faces))

    assert (result.detections[-1], result.error) == (1, 0)


def test_without_detections_nothing_is_said(faces):
    assert math.isnan(reliability(judge({}, faces)).error)
