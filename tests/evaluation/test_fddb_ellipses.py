"""Specification of `tfface.evaluation.fddb_ellipses`, and of the continuous score."""

import math

import numpy as np
import pytest

from tfface.evaluation.fddb import FddbFaces, count_scores, evaluate_both, true_positives_at
from tfface.evaluation.fddb_ellipses import (
    EllipseRegressor,
    ellipse_overlaps,
    evaluate_ellipses,
)


def test_the_continuous_score_sums_the_overlaps_of_all_pairs():
    # Three detections, two faces. At 0.9 the first is on face 0 by 0.8. At 0.6 the second is paired
    # with face 1 by 0.4: no discrete true positive, but 0.4 more. The third overlaps nothing.
    overlap = np.array([[0.8, 0.0], [0.1, 0.4], [0.0, 0.0]])
    thresholds, true, overlapped, false = count_scores(overlap, np.array([0.9, 0.6, 0.3]))
    assert thresholds.tolist() == [0.9, 0.6, 0.3]
    assert true.tolist() == [1, 1, 1]
    np.testing.assert_allclose(overlapped, [0.8, 1.2, 1.2])
    assert false.tolist() == [0, 1, 2]


def test_both_scores_over_pictures_share_their_false_positives():
    faces = FddbFaces(np.array([[10.0, 10.0, 0.0, 30.0, 20.0]]), (40, 60))
    truth = {"a.jpg": faces, "b.jpg": faces}
    # The box around the circle, and a box far from it.
    boxes = {
        "a.jpg": np.array([[20, 10, 40, 30, 0.9]]),
        "b.jpg": np.array([[0, 0, 5, 5, 0.5]]),
    }
    curves = evaluate_both(boxes, truth)
    assert curves["discrete"].true_positives.tolist() == [1, 1]
    assert curves["continuous"].false_positives.tolist() == [0, 1]
    # A circle fills pi / 4 of its square, here counted in pixels.
    assert true_positives_at(curves["continuous"], 100) == pytest.approx(math.pi / 4, abs=0.03)
    assert curves["continuous"].rate_at(100) == true_positives_at(curves["continuous"], 100) / 2


def test_inscribed_ellipses_are_upright_and_touch_the_box():
    ellipses = EllipseRegressor.inscribed()(np.array([[10, 20, 30, 60]]))
    # 20 wide and 40 high: radii 20 and 10, centre (20, 40), the major axis downwards.
    np.testing.assert_allclose(ellipses, [[20, 10, math.pi / 2, 20, 40]])


def test_what_is_linear_is_found_again():
    rng = np.random.default_rng(0)
    corners, sizes = rng.uniform(0, 100, (20, 2)), rng.uniform(20, 80, (20, 2))
    boxes = np.concatenate([corners, corners + sizes], axis=1)
    truth = EllipseRegressor(np.array([[0.1, 0.4, 0.0, 0.02], [0.6, 0.0, 0.01, -0.1]]), 1.4)
    fitted = EllipseRegressor.fit(boxes, truth(boxes))
    np.testing.assert_allclose(fitted.weights, truth.weights, atol=1e-9)
    assert fitted.angle == pytest.approx(1.4)


def test_axes_have_no_direction():
    boxes = np.tile([0.0, 0, 20, 40], (8, 1))
    ellipses = np.tile([20.0, 10, 0, 10, 20], (8, 1))
    # Just this side and just the other side of upright: their mean is upright, not level.
    ellipses[:, 2] = [1.5, 1.5 - math.pi + 2 * (math.pi / 2 - 1.5)] * 4
    assert abs(EllipseRegressor.fit(boxes, ellipses).angle) == pytest.approx(math.pi / 2)


def test_too_few_pairs_fit_nothing():
    few = EllipseRegressor.fit(np.zeros((3, 4)), np.zeros((3, 5)))
    np.testing.assert_array_equal(few.weights, EllipseRegressor.inscribed().weights)


def test_ellipses_overlap_in_pixels():
    one = np.array([[10.0, 10, 0, 20, 20]])
    far = np.array([[5.0, 5, 0, 50, 50]])
    both = np.concatenate([one, far])
    np.testing.assert_array_equal(ellipse_overlaps(both, both, (60, 60)), np.eye(2))
    assert ellipse_overlaps(both[:0], both, (60, 60)).shape == (0, 2)
    assert ellipse_overlaps(both, both[:0], (60, 60)).shape == (2, 0)


def test_ellipses_raise_the_continuous_score_of_upright_faces():
    rng = np.random.default_rng(1)
    truth, boxes = {}, {}
    for number in range(20):
        x, y, radius = rng.uniform(40, 60), rng.uniform(40, 60), rng.uniform(15, 30)
        ellipse = np.array([[1.3 * radius, radius, math.pi / 2, x, y]])
        truth[f"{number}.jpg"] = FddbFaces(ellipse, (100, 100))
        edges = [x - radius, y - radius, x + radius, y + 1.3 * radius, 0.9]
        boxes[f"{number}.jpg"] = np.array([edges])
    plain, fitted = evaluate_both(boxes, truth), evaluate_ellipses(boxes, truth)
    assert plain["continuous"].rate_at(100) < 0.8
    assert fitted["continuous"].rate_at(100) > 0.93
    assert fitted["discrete"].rate_at(100) == 1


def test_what_no_protocol_can_judge_is_refused():
    truth = {"a.jpg": FddbFaces(np.zeros((0, 5)), (10, 10))}
    with pytest.raises(ValueError, match="NaN"):
        evaluate_ellipses({"a.jpg": np.array([[0, 0, 1, np.nan, 1]])}, truth)
    assert evaluate_ellipses({}, truth)["discrete"].faces == 0
