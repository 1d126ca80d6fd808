"""Greedy non-maximum suppression."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tfface.nms import non_max_suppression


def kept(boxes: list[list[float]], scores: list[float], iou_threshold: float = 0.3) -> list[int]:
    return non_max_suppression(np.array(boxes), np.array(scores), iou_threshold).tolist()


def iou(box: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union, coordinate by coordinate."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    intersection = max(width, 0) * max(height, 0)
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (box, other)]
    union = sum(areas) - intersection
    return intersection / union if union else 0.0


def test_of_boxes_that_overlap_the_best_is_kept() -> None:
    # The second is the first moved by 2: 8x10 of 12x10 in common, an IoU of 2/3. The third is far.
    boxes = [[0.0, 0, 10, 10], [2.0, 0, 12, 10], [50.0, 0, 60, 10]]

    assert kept(boxes, [0.6, 0.8, 0.7]) == [1, 2]


def test_the_threshold_itself_is_allowed() -> None:
    # 5x10 of 10x10 in common with a box inside: an IoU of exactly 0.5.
    boxes = [[0.0, 0, 10, 10], [0.0, 0, 5, 10]]

    assert kept(boxes, [0.9, 0.8], 0.5) == [0, 1]
    assert kept(boxes, [0.9, 0.8], 0.49) == [0]


def test_a_dropped_box_drops_no_other() -> None:
    # Each overlaps the next by 1/3 > 0.3; the first and the third only touch.
    boxes = [[0.0, 0, 10, 10], [5.0, 0, 15, 10], [10.0, 0, 20, 10]]

    assert kept(boxes, [0.9, 0.8, 0.7]) == [0, 2]


def test_of_equal_scores_the_earlier_goes_first() -> None:
    assert kept([[0.0, 0, 10, 10], [0.0, 0, 10, 10]], [0.5, 0.5]) == [0]


def test_boxes_without_area_overlap_nothing() -> None:
    assert kept([[3.0, 3, 3, 3], [3.0, 3, 3, 3], [9.0, 9, 1, 1]], [0.9, 0.8, 0.7], 0.0) == [0, 1, 2]


def test_the_limit_keeps_the_best() -> None:
    boxes = [[0.0, 0, 1, 1], [10.0, 0, 11, 1], [20.0, 0, 21, 1]]

    assert non_max_suppression(np.array(boxes), np.array([0.1, 0.3, 0.2]), limit=2).tolist() == [
        1,
        2,
    ]
    assert non_max_suppression(np.array(boxes), np.array([0.1, 0.3, 0.2]), limit=0).tolist() == []


def test_no_boxes() -> None:
    indices = non_max_suppression(np.zeros((0, 4)), np.zeros(0))

    assert (indices.shape, indices.dtype) == ((0,), np.int64)


def test_shapes_that_do_not_belong_together() -> None:
    with pytest.raises(ValueError, match=r"\(3, 4\) and \(2,\)"):
        non_max_suppression(np.zeros((3, 4)), np.zeros(2))


@given(
    corners=arrays.arrays(np.int64, (12, 2), elements=st.integers(0, 20)),
    sizes=arrays.arrays(np.int64, (12, 2), elements=st.integers(0, 10)),
    scores=st.permutations(range(12)),
    threshold=st.sampled_from([0.0, 0.3, 0.5, 1.0]),
)
def test_what_greedy_suppression_means(
    corners: np.ndarray, sizes: np.ndarray, scores: list[int], threshold: float
) -> None:
    boxes = np.concatenate([corners, corners + sizes], axis=1).astype(np.float64)

    indices = non_max_suppression(boxes, np.array(scores, np.float64), threshold).tolist()

    for index in range(12):
        better = [other for other in indices if scores[other] > scores[index]]
        overlapped = any(iou(boxes[index], boxes[other]) > threshold for other in better)
        assert (index in indices) != overlapped
    assert indices == sorted(indices, key=lambda index: -scores[index])


@pytest.mark.parametrize("limit", [None, 40, 1])
def test_many_boxes_are_suppressed_as_one_after_another(limit: int | None) -> None:
    draw = np.random.default_rng(0)
    corners = draw.integers(0, 60, (150, 2)).astype(np.float32)
    boxes = np.concatenate([corners, corners + draw.integers(1, 20, (150, 2))], axis=1)
    scores = draw.permutation(150) / 150
    expected: list[int] = []
    for index in np.argsort(-scores).tolist():
        if all(iou(boxes[index], boxes[other]) <= 0.3 for other in expected):
            expected.append(index)

    indices = non_max_suppression(boxes, scores, 0.3, limit)

    assert len(expected) > 40
    assert indices.tolist() == expected[:limit]
