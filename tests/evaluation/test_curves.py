"""Specification of `tfface.evaluation.curves`."""

import json

import cv2
import numpy as np
import pytest

from tfface.evaluation.curves import (
    Curve,
    average_precision,
    format_errors,
    format_table,
    plot_curves,
)


def curve_of(found, proposals, faces):
    thresholds = np.linspace(0.9, 0.1, len(found))
    return Curve.from_counts(np.array(found), np.array(proposals), thresholds, faces)


def test_precision_and_recall_come_from_counts():
    curve = curve_of(found=[1, 1, 2], proposals=[1, 2, 4], faces=4)
    np.testing.assert_allclose(curve.precision, [1, 1 / 2, 2 / 4])
    np.testing.assert_allclose(curve.recall, [1 / 4, 1 / 4, 2 / 4])


def test_a_threshold_without_proposals_has_precision_0_and_no_part_in_the_area():
    curve = curve_of(found=[0, 1], proposals=[0, 1], faces=1)
    np.testing.assert_array_equal(curve.precision, [0, 1])
    assert curve.average_precision == 1.0


def test_area_is_taken_under_the_best_precision_at_that_recall_or_higher():
    # Recall   0.25 0.5  1.0        Envelope from the right: 0.8 up to 0.5, then 0.4.
    # Precision 0.5 0.8  0.4        0.5 * 0.8 + 0.5 * 0.4 = 0.6.
    area = average_precision(np.array([0.5, 0.8, 0.4]), np.array([0.25, 0.5, 1.0]))
    assert area == pytest.approx(0.6)


def test_area_ends_at_the_recall_that_is_reached():
    assert average_precision(np.array([1.0]), np.array([0.3])) == pytest.approx(0.3)


def test_area_without_any_detection_is_0():
    assert curve_of(found=[0, 0], proposals=[0, 0], faces=3).average_precision == 0.0


def test_area_without_faces_is_undefined_and_null_in_json():
    curve = curve_of(found=[0, 0], proposals=[0, 2], faces=0)
    assert np.isnan(curve.average_precision)
    written = json.dumps(curve.to_json(), allow_nan=False)
    assert json.loads(written)["average_precision"] is None


def test_json_holds_the_curve():
    content = json.loads(json.dumps(curve_of([1, 2], [1, 4], 2).to_json(), allow_nan=False))
    assert content["faces"] == 2
    assert content["precision"] == [1.0, 0.5]
    assert content["recall"] == [0.5, 1.0]
    assert len(content["thresholds"]) == 2
    # Half the recall at precision 1, the other half at 0.5.
    assert content["average_precision"] == pytest.approx(0.75)


def test_false_positives_where_a_recall_is_first_reached():
    # 10 faces. Found 2 of 4 detections, then 5 of 20.
    curve = Curve(np.array([0.5, 0.25]), np.array([0.2, 0.5]), np.array([0.9, 0.1]), 10)
    at = {0.1: 2, 0.2: 2, 0.3: 15, 0.6: None}
    assert {recall: curve.false_positives_at(recall) for recall in at} == at
    assert format_errors({"hard": curve}).splitlines() == [
        "setting  faces     AP  false at 10 %  false at 30 %  false at 50 %  false at 80 %",
        "hard        10   17.5              2             15             15              -",
    ]
    assert curve_of([0], [0], 0).false_positives_at(0.1) is None


def test_table_shows_per_cent_and_a_dash_where_undefined():
    table = format_table({"easy": curve_of([1], [1], 2), "hard": curve_of([0], [0], 0)})
    assert table.splitlines() == [
        "setting  faces     AP",
        "easy         2   50.0",
        "hard         0      -",
    ]


def test_plot_is_a_picture_with_the_curves(tmp_path):
    path = tmp_path / "plots" / "curves.png"
    plot_curves({"easy": curve_of([1, 2], [1, 4], 2), "hard": curve_of([0], [0], 0)}, path, "title")
    image = cv2.imread(str(path))
    assert image.ndim == 3
    assert len(np.unique(image)) > 2


def test_plot_of_no_faces_at_all_is_still_a_picture(tmp_path):
    plot_curves({"easy": curve_of([0], [0], 0)}, tmp_path / "curves.png", "title")
    assert (tmp_path / "curves.png").stat().st_size > 0
