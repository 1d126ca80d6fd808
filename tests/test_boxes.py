"""Box arithmetic: areas, overlaps, clipping, regression targets."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfface.boxes import area, clip, compose, decode, encode, pairwise_iou

COORDINATES = st.integers(-50, 200)


@st.composite
def boxes(draw, count: int) -> np.ndarray:
    """`(count, 4)` boxes with whole corners; sides from 1 to 100 pixels."""
    corners = [[draw(COORDINATES), draw(COORDINATES)] for _ in range(count)]
    sides = [[draw(st.integers(1, 100)), draw(st.integers(1, 100))] for _ in range(count)]
    return np.concatenate([corners, np.add(corners, sides)], axis=1).astype(np.float32)


def test_the_width_of_a_box_is_the_difference_of_its_sides() -> None:
    # 10 wide and 4 high; a point; a box turned inside out.
    given_boxes = np.array([[0, 0, 10, 4], [3, 3, 3, 3], [10, 0, 0, 4]], np.float32)

    np.testing.assert_array_equal(area(given_boxes), [40, 0, 0])


def test_overlaps_worked_out_by_hand() -> None:
    box = np.array([[0, 0, 10, 10]], np.float32)
    others = np.array(
        [
            [0, 0, 10, 10],  # the box itself
            [5, 0, 15, 10],  # half of each in common: 50 / (100 + 100 - 50)
            [2, 2, 4, 4],  # inside: 4 / 100
            [10, 0, 20, 10],  # only touches
            [30, 30, 40, 40],  # apart on both axes, where both differences are negative
            [5, 5, 5, 5],  # a point
        ],
        np.float32,
    )

    overlaps = np.asarray(pairwise_iou(box, others))

    np.testing.assert_allclose(overlaps, [[1, 1 / 3, 0.04, 0, 0, 0]], rtol=1e-6)


def test_two_boxes_without_area_do_not_overlap() -> None:
    point = np.array([[5, 5, 5, 5]], np.float32)

    assert np.asarray(pairwise_iou(point, point)) == 0


@given(boxes(2), boxes(3))
def test_overlaps_are_those_of_counted_pixels(some: np.ndarray, others: np.ndarray) -> None:
    def pixels(box: np.ndarray) -> np.ndarray:
        mask = np.zeros((400, 400), bool)
        x_min, y_min, x_max, y_max = (box + 60).astype(int)
        mask[y_min:y_max, x_min:x_max] = True
        return mask

    overlaps = np.asarray(pairwise_iou(some, others))

    for row, box in zip(overlaps, some, strict=True):
        for overlap, other in zip(row, others, strict=True):
            common = np.sum(pixels(box) & pixels(other))
            assert overlap == pytest.approx(common / np.sum(pixels(box) | pixels(other)))


def test_boxes_are_cut_to_the_picture() -> None:
    given_boxes = np.array([[-5, -1, 30, 9], [10, 10, 12, 12]], np.float32)

    np.testing.assert_array_equal(
        clip(given_boxes, height=8, width=20), [[0, 0, 20, 8], [10, 8, 12, 8]]
    )


def test_regression_targets_worked_out_by_hand() -> None:
    # The anchor has its centre at (8, 8), 16 wide and high; the box at (12, 6), 32 wide and 4 high.
    # Centres: 4 / 16 and -2 / 16 by 0.1; sizes: log 2 and log 1/4 by 0.2.
    anchor = np.array([[0, 0, 16, 16]], np.float32)
    box = np.array([[-4, 4, 28, 8]], np.float32)

    expected = [[2.5, -1.25, math.log(2) / 0.2, math.log(0.25) / 0.2]]
    np.testing.assert_allclose(encode(box, anchor), expected, rtol=1e-6)


def test_variances_scale_the_targets() -> None:
    # The box and anchor above: 1/4 and -1/8 of the anchor, log 2 and log 1/4, by 1, 2, 0.5, 4.
    anchor = np.array([[0, 0, 16, 16]], np.float32)
    box = np.array([[-4, 4, 28, 8]], np.float32)
    variances = (1.0, 2.0, 0.5, 4.0)

    offsets = np.asarray(encode(box, anchor, variances))

    expected = [[0.25, -0.0625, 2 * math.log(2), math.log(0.25) / 4]]
    np.testing.assert_allclose(offsets, expected, rtol=1e-6)
    np.testing.assert_allclose(decode(offsets, anchor, variances), box, atol=1e-5)


def test_a_box_without_area_has_finite_targets() -> None:
    anchor = np.array([[0, 0, 16, 16]], np.float32)

    assert np.all(np.isfinite(encode(np.zeros((1, 4), np.float32), anchor)))


@given(boxes(3), boxes(3))
def test_decoding_undoes_encoding(some: np.ndarray, anchors: np.ndarray) -> None:
    decoded = np.asarray(decode(np.asarray(encode(some, anchors)), anchors))

    np.testing.assert_allclose(decoded, some, atol=1e-2)


def test_encoding_and_decoding_take_any_leading_axes() -> None:
    generator = np.random.default_rng(0)
    corners = generator.uniform(0, 50, (2, 5, 2))
    some = np.concatenate([corners, corners + generator.uniform(5, 50, (2, 5, 2))], axis=-1)
    some = some.astype(np.float32)
    anchors = some[::-1].copy()

    offsets = np.asarray(encode(some, anchors))

    assert offsets.shape == (2, 5, 4)
    np.testing.assert_allclose(offsets[1], encode(some[1], anchors[1]), rtol=1e-6)
    np.testing.assert_allclose(decode(offsets, anchors), some, atol=1e-3)


def test_what_an_untrained_network_says_decodes_to_a_finite_box() -> None:
    anchor = np.array([[0, 0, 16, 16]], np.float32)
    offsets = np.array([[0, 0, 1e4, 1e4]], np.float32)

    x_min, _, x_max, _ = np.asarray(decode(offsets, anchor))[0]

    assert x_max - x_min == pytest.approx(16 * 125)
    # The limit is one of sizes, whatever they are scaled by.
    x_min, _, x_max, _ = np.asarray(decode(offsets, anchor, (1.0, 1.0, 1.0, 1.0)))[0]
    assert x_max - x_min == pytest.approx(16 * 125)


def test_two_moves_as_one() -> None:
    generator = np.random.default_rng(0)
    anchors = np.array([[0, 0, 16, 20], [30, 40, 90, 100]], np.float32)
    first, second = generator.normal(0, 1, (2, 7, 2, 4)).astype(np.float32)

    for variances in ((0.1, 0.1, 0.2, 0.2), (1.0, 1.0, 1.0, 1.0)):
        one_by_one = decode(second, decode(first, anchors, variances), variances)
        at_once = decode(compose(first, second, variances), anchors, variances)
        np.testing.assert_allclose(at_once, one_by_one, rtol=1e-3, atol=0.05)
