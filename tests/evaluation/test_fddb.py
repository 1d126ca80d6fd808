"""Specification of `tfface.evaluation.fddb`, one rule of the official protocol a test."""

from itertools import permutations
from math import cos, pi, sin

import cv2
import numpy as np
import pytest

from tfface.evaluation.fddb import (
    FddbCurve,
    FddbFaces,
    count_scores,
    ellipse_mask,
    evaluate_fddb,
    format_table,
    match,
    overlaps,
    plot_curves,
    true_positives_at,
)

SIZE = (40, 60)  # height and width
SMALL = [2, 2, 0, 20, 20]  # 13 pixels: those with |x - 20| + |y - 20| <= 2
AROUND_SMALL = [18, 18, 22, 22]  # 5 x 5 pixels
OTHER = [2, 2, 0, 40, 20]
AROUND_OTHER = [38, 18, 42, 22]
NOWHERE = [0, 0, 6, 6]


def faces(*ellipses, size=SIZE):
    return FddbFaces(np.array(ellipses, np.float64).reshape(-1, 5), size)


def detections(*rows):
    """Rows of (box, score) as predictions."""
    return np.array([[*box, score] for box, score in rows], np.float32).reshape(-1, 5)


def overlap_of(box, ellipse, size=SIZE):
    return overlaps(np.array([box]), np.array([ellipse], np.float64), size).item()


def points_of(curve):
    """The (true positives, false positives) of a curve."""
    return list(zip(curve.true_positives.tolist(), curve.false_positives.tolist(), strict=True))


# Overlap of a box and an ellipse.


def test_overlap_counts_pixels_with_both_ends_of_the_box():
    # All 13 pixels of the circle are among the 5 x 5 of the box, 18 to 22 with both ends.
    assert overlap_of(AROUND_SMALL, SMALL) == 13 / 25


def test_overlap_of_a_box_beside_the_centre():
    # Columns 20 to 22 hold 5 + 3 + 1 = 9 of the 13 pixels; the box has 3 x 5 = 15.
    assert overlap_of([20, 18, 22, 22], SMALL) == 9 / (13 + 15 - 9)


def test_boxes_are_rounded():
    # To 18, 18, 22, 22, as above.
    assert overlap_of([17.6, 18.4, 22.4, 21.6], SMALL) == 13 / 25


def test_the_centre_is_rounded_and_radii_are_cut():
    assert overlap_of(AROUND_SMALL, [2.9, 2.9, 0, 20.4, 19.6]) == 13 / 25


def test_a_box_around_a_large_circle_overlaps_by_a_quarter_of_pi():
    assert overlap_of([100, 100, 300, 300], [100, 100, 0, 200, 200], (400, 400)) == pytest.approx(
        pi / 4, abs=0.01
    )


def test_the_angle_is_that_of_the_major_axis():
    # Upright, 2 * 50 wide and 2 * 100 high: its box, not the lying one, overlaps by pi / 4. Of the
    # lying one it has the middle 100 x 100 less the corners.
    upright = [100, 50, pi / 2, 150, 150]
    size = (300, 300)
    assert overlap_of([100, 50, 200, 250], upright, size) == pytest.approx(pi / 4, abs=0.01)
    assert overlap_of([50, 100, 250, 200], upright, size) < 0.5


def test_a_positive_angle_turns_clockwise_as_one_looks_at_the_picture():
    # Rows count downwards, so at 45 degrees the major axis goes to the lower right.
    turned = [100, 20, pi / 4, 150, 150]
    size = (300, 300)
    assert overlap_of([190, 190, 210, 210], turned, size) > 0
    assert overlap_of([90, 190, 110, 210], turned, size) == 0
    # The box around it has half sides of sqrt((100^2 + 20^2) / 2) = 72.1: area of the ellipse over
    # that of the box, pi * 100 * 20 / (2 * 72.1)^2 = 0.302.
    assert overlap_of([78, 78, 222, 222], turned, size) == pytest.approx(0.302, abs=0.01)


def test_what_lies_outside_of_the_picture_is_cut_off():
    # Of the circle around the corner pixel 1 + 2 + 3 = 6 pixels are inside; of the box 3 x 3.
    assert overlap_of([-50, -50, 2, 2], [2, 2, 0, 0, 0]) == 6 / 9
    # At the lower right corner (59, 39) the same.
    assert overlap_of([57, 37, 1e12, 1e12], [2, 2, 0, 59, 39]) == 6 / 9


def test_nothing_in_the_picture_overlaps_nothing():
    for box in (NOWHERE, [-9, -9, -5, -5], [70, 10, 80, 20]):
        assert overlap_of(box, SMALL) == 0
    assert overlap_of([-9, -9, -5, -5], [2, 2, 0, -7, -7]) == 0


def test_shape_without_boxes_or_ellipses():
    assert overlaps(np.zeros((0, 4)), np.array([SMALL]), SIZE).shape == (0, 1)
    assert overlaps(np.array([NOWHERE]), np.zeros((0, 5)), SIZE).shape == (1, 0)


# Matching.


def test_the_sum_of_overlaps_is_maximised():
    # 0.6 + 0.5 beats 0.7 + 0: the first detection leaves its best face to the second.
    first, second = match(np.array([[0.7, 0.5], [0.6, 0.0]]))
    assert (first.tolist(), second.tolist()) == ([0, 1], [1, 0])


def test_pairs_without_overlap_are_none():
    first, second = match(np.array([[0.0, 0.0], [0.0, 0.2], [0.0, 0.1]]))
    assert (first.tolist(), second.tolist()) == ([1], [1])


def test_more_faces_than_detections():
    first, second = match(np.array([[0.1, 0.3, 0.2]]))
    assert (first.tolist(), second.tolist()) == ([0], [1])


# Counts of one picture.


def counts(overlap, scores):
    thresholds, found, _, false = count_scores(np.array(overlap), np.array(scores))
    return [array.tolist() for array in (thresholds, found, false)]


def test_overlap_of_exactly_one_half_is_a_false_positive():
    assert counts([[0.5]], [0.9]) == [[0.9], [0], [1]]
    assert counts([[0.501]], [0.9]) == [[0.9], [1], [0]]


def test_a_duplicate_is_a_false_positive():
    assert counts([[0.8], [0.7]], [0.9, 0.6]) == [[0.9, 0.6], [1, 1], [0, 1]]


def test_a_duplicate_of_a_lower_score_may_replace_the_first():
    # The first misses the face at 0.4; with 0.7 the second is paired instead: no face is lost.
    assert counts([[0.4], [0.7]], [0.9, 0.6]) == [[0.9, 0.6], [0, 1], [1, 1]]


def test_unsorted_detections():
    assert counts([[0.0], [0.7], [0.6]], [0.1, 0.5, 0.9]) == [[0.9, 0.5, 0.1], [1, 1, 1], [0, 1, 2]]


def test_equal_scores_come_in_together():
    assert counts([[0.0], [0.7], [0.6]], [0.5, 0.5, 0.9]) == [[0.9, 0.5], [1, 1], [0, 2]]


def test_one_detection_more_can_lose_a_face():
    # At first the pair of 0.7. Then 0.4 + 0.4 = 0.8 is the larger sum, and neither finds its face.
    assert counts([[0.7, 0.4], [0.4, 0.0]], [0.9, 0.6]) == [[0.9, 0.6], [1, 0], [0, 2]]


def test_no_detections_and_no_faces():
    assert counts(np.zeros((0, 2)), []) == [[], [], []]
    assert counts(np.zeros((2, 0)), [0.5, 0.9]) == [[0.9, 0.5], [0, 0], [1, 2]]


# Curves over all pictures.


def test_pictures_are_put_together_by_score():
    predictions = {
        "a.jpg": detections((AROUND_SMALL, 0.5), (NOWHERE, 0.75)),
        "b.jpg": detections((AROUND_SMALL, 0.25), (AROUND_OTHER, 0.75)),
    }
    curve = evaluate_fddb(predictions, {"a.jpg": faces(SMALL), "b.jpg": faces(SMALL, OTHER)})
    # At 0.75 a.jpg errs and b.jpg finds one; at 0.5 and 0.25 the other two faces are found.
    assert points_of(curve) == [(1, 1), (2, 1), (3, 1)]
    assert curve.thresholds.tolist() == [0.75, 0.5, 0.25]
    assert curve.faces == 3


def test_faces_of_a_picture_without_detections_are_to_be_found():
    ground_truth = {"a.jpg": faces(SMALL), "b.jpg": faces(SMALL, OTHER)}
    for missing in ({}, {"b.jpg": detections()}):
        curve = evaluate_fddb({"a.jpg": detections((AROUND_SMALL, 0.5)), **missing}, ground_truth)
        assert (points_of(curve), curve.faces) == ([(1, 0)], 3)
        assert curve.rate_at(0) == 1 / 3


def test_detections_in_a_picture_without_faces_are_false_positives():
    predictions = {"a.jpg": detections((AROUND_SMALL, 0.5)), "b.jpg": detections((NOWHERE, 0.75))}
    curve = evaluate_fddb(predictions, {"a.jpg": faces(SMALL), "b.jpg": faces()})
    assert points_of(curve) == [(0, 1), (1, 1)]


def test_no_detections_at_all():
    curve = evaluate_fddb({}, {"a.jpg": faces(SMALL)})
    assert (points_of(curve), true_positives_at(curve, 1000)) == ([], 0)
    assert curve.to_json()["true_positive_rate_at"] == {"100": 0.0, "1000": 0.0}


def test_no_faces_at_all_give_no_rate():
    curve = evaluate_fddb({"a.jpg": detections((NOWHERE, 0.5))}, {"a.jpg": faces()})
    assert np.isnan(curve.rate_at(100))
    assert curve.to_json()["true_positive_rate_at"] == {"100": None, "1000": None}
    assert format_table({"discrete": curve}).splitlines()[1].endswith(" -")


def curve_of(points, number=20):
    true_positives, false_positives = np.array(points).T
    return FddbCurve(true_positives, false_positives, np.arange(len(points), 0, -1) / 100, number)


def test_true_positives_at_takes_the_best_point_that_errs_no_more():
    curve = curve_of([(3, 1), (5, 2), (4, 4), (9, 8)])
    expected = {0: 0, 1: 3, 2: 5, 3: 5, 4: 5, 7: 5, 8: 9, 1000: 9}
    assert {number: true_positives_at(curve, number) for number in expected} == expected


def test_table():
    curve = curve_of([(10, 100), (15, 101), (17, 1000), (18, 1001)])
    assert format_table({"discrete": curve}).splitlines() == [
        "score     faces  false positives  true positives   rate",
        "discrete     20              100              10   50.0",
        "discrete     20             1000              17   85.0",
    ]


def test_json_has_the_points_where_true_positives_change_and_the_last():
    curve = curve_of([(0, 1), (3, 1), (3, 2), (2, 4), (2, 5), (2, 6)])
    content = curve.to_json()
    assert content["true_positives"] == [3, 2, 2]
    assert content["false_positives"] == [1, 4, 6]
    assert content["thresholds"] == [0.05, 0.03, 0.01]
    assert content["true_positives_at"] == {"100": 3, "1000": 3}
    assert content["faces"] == 20


def test_plot_is_a_picture(tmp_path):
    curves = {"discrete": curve_of([(3, 1), (5, 2)]), "nothing": curve_of([(0, 1)], number=0)}
    plot_curves(curves, tmp_path / "curves.png", "title")
    assert cv2.imread(str(tmp_path / "curves.png")) is not None


# Against a second implementation, in the loops of the official tool.


@pytest.mark.parametrize("seed", range(8))
def test_agrees_with_the_loops_of_the_official_tool(seed):
    generator = np.random.default_rng(seed)
    predictions, ground_truth = {}, {}
    for index in range(4):
        number = generator.integers(0, 4)
        radii = generator.uniform(5, 16, (number, 2))
        centres = generator.uniform(0, [60, 40], (number, 2))
        angles = generator.uniform(-pi / 2, pi / 2, (number, 1))
        ellipses = np.concatenate([radii, angles, centres], axis=1)
        ground_truth[f"{index}.jpg"] = FddbFaces(ellipses, SIZE)
        # Detections near faces, so that some find them, others are duplicates or miss.
        sides = np.repeat(radii.mean(axis=1, keepdims=True), 2, axis=0)
        middles = np.repeat(centres, 2, axis=0)
        boxes = np.concatenate([middles - sides, middles + sides], axis=1)
        boxes = boxes + generator.uniform(-5, 5, boxes.shape)
        scores = generator.integers(0, 6, (len(boxes), 1)) / 8
        predictions[f"{index}.jpg"] = np.concatenate([boxes, scores], axis=1)
    curve = evaluate_fddb(predictions, ground_truth)
    assert len(curve.thresholds) > 2
    for threshold, point in zip(curve.thresholds, points_of(curve), strict=True):
        assert point == naive_counts(predictions, ground_truth, threshold)


def naive_counts(predictions, ground_truth, threshold):
    """True and false positives on all pictures at one threshold."""
    true_positives = false_positives = 0
    for name, rows in predictions.items():
        regions = [_draw_ellipse(ellipse) for ellipse in ground_truth[name].ellipses]
        boxes = [_draw_box(row[:4]) for row in rows if row[4] >= threshold]
        # Every way to give each face a detection or, beyond the last detection, none.
        choices = range(len(boxes) + len(regions))
        best: tuple[float, list[float]] = (-1.0, [])
        for chosen in set(permutations(choices, len(regions))):
            overlap = [
                np.sum(boxes[choice] & region) / np.sum(boxes[choice] | region)
                for choice, region in zip(chosen, regions, strict=True)
                if choice < len(boxes)
            ]
            best = max(best, (sum(overlap), overlap))
        found = sum(value > 0.5 for value in best[1])
        true_positives += found
        false_positives += len(boxes) - found
    return true_positives, false_positives


def _draw_box(box):
    x_min, y_min, x_max, y_max = (int(np.rint(value)) for value in box)
    mask = np.zeros(SIZE, np.uint8)
    return cv2.rectangle(mask, (x_min, y_min), (x_max, y_max), 1, cv2.FILLED)


def _draw_ellipse(ellipse):
    major, minor, angle, x, y = ellipse
    mask = np.zeros(SIZE, np.uint8)
    centre = (int(np.rint(x)), int(np.rint(y)))
    official = 180 - (pi - angle) * 180 / pi
    return cv2.ellipse(mask, centre, (int(major), int(minor)), official, 0, 360, 1, cv2.FILLED)


@pytest.mark.parametrize("angle", [0, 0.3, pi / 2, -1.2, 1.2])
def test_the_mask_is_the_ellipse_of_the_equation(angle):
    # A pixel is inside where (u / major)^2 + (v / minor)^2 <= 1, u along the major axis.
    mask = ellipse_mask(np.array([60, 30, angle, 100, 80]), (160, 200))
    y, x = np.mgrid[:160, :200]
    u = (x - 100) * cos(angle) + (y - 80) * sin(angle)
    v = (y - 80) * cos(angle) - (x - 100) * sin(angle)
    expected = (u / 60) ** 2 + (v / 30) ** 2 <= 1
    # The edge is some 290 pixels long: part of them may fall to either side. Turned the other way
    # the ellipse differs in more.
    assert np.sum(mask.astype(bool) != expected) < 290


# Errors.


@pytest.mark.parametrize(
    ("predictions", "message"),
    [
        ({"other.jpg": detections((NOWHERE, 0.9))}, "got 'other.jpg'"),
        ({"a.jpg": np.zeros((2, 4))}, r"expected predictions of shape \(n, 5\) for a.jpg"),
        ({"a.jpg": detections((NOWHERE, np.nan))}, "NaN or infinity"),
        ({"a.jpg": detections(([0, 0, np.inf, 9], 0.5))}, "NaN or infinity"),
    ],
)
def test_wrong_predictions_are_told(predictions, message):
    with pytest.raises(ValueError, match=message):
        evaluate_fddb(predictions, {"a.jpg": faces(SMALL)})
