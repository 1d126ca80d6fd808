"""The largest boxes of a picture, and the regions that cover all others."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from tfface.anchors import AnchorLevel, grid_anchors
from tfface.boxes import pairwise_iou
from tfface.largest import REGIONS, largest, largest_and_regions
from tfface.matching import ABSENT, FACE, IGNORED, AnchorMatcher, ThresholdMatcher
from tfface.matching.hidden import hidden

ANCHORS = grid_anchors([AnchorLevel(16, (16, 32, 64))], 256, 256)


def of(boxes, kinds=None, count: int = 2) -> tuple[np.ndarray, np.ndarray]:
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    kinds = np.full(len(boxes), FACE) if kinds is None else np.array(kinds)
    found = largest_and_regions(boxes, kinds.astype(np.int32), count)
    return tuple(np.asarray(array) for array in found)  # type: ignore[return-value]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_where_all_have_places_there_is_no_region(count: int) -> None:
    boxes, kinds = of([[0, 0, 8, 8], [0, 0, 16, 20]][:count], [IGNORED, FACE][:count])

    assert boxes.shape == (2 + REGIONS, 4)
    assert kinds.tolist() == [FACE, IGNORED][2 - count :] + [ABSENT] * (2 - count + REGIONS)
    assert not boxes[count:].any()


def test_what_has_no_place_is_in_an_ignored_region_of_its_part_of_the_picture() -> None:
    # Parts of 100 / 4 pixels, as the last of these faces ends at 100. Two are in the first.
    small = [[4, 4, 12, 12], [16, 8, 20, 12], [92, 96, 100, 100]]

    boxes, kinds = of(
        [*small, [0, 0, 50, 50], [50, 50, 90, 99], [0, 0, 90, 90]], [FACE] * 5 + [ABSENT]
    )

    assert boxes[:2].tolist() == [[0, 0, 50, 50], [50, 50, 90, 99]]
    assert np.flatnonzero(kinds).tolist() == [0, 1, 2, 2 + REGIONS - 1]
    assert kinds[[2, -1]].tolist() == [IGNORED, IGNORED]
    # A half of each face is added on all sides.
    np.testing.assert_allclose(boxes[[2, -1]], [[0, 0, 22, 16], [88, 94, 104, 102]])


def test_of_equal_boxes_the_last_are_left_out() -> None:
    boxes, kinds = np.array([[0, 0, 8, 8]] * 5, np.float32), np.array([FACE] * 5, np.int32)

    kept, _, left_out = largest(boxes, kinds, kinds == FACE, 3)

    assert np.asarray(kept).tolist() == boxes[:3].tolist()
    assert np.asarray(left_out).tolist() == [False] * 3 + [True] * 2


faces = st.lists(
    st.tuples(st.integers(0, 220), st.integers(0, 220), st.integers(8, 60), st.integers(75, 150)),
    min_size=24,
    max_size=24,
)


def compiled(function: Callable) -> Callable:
    """`function` as a graph, under either backend."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    return tf.function(function)


MATCHER = AnchorMatcher(compensation_count=1)


@compiled
def match_eight_largest(boxes) -> tuple:
    """Of 24 faces: labels of the anchors, which faces are left out, their IoU with the anchors,
    and labels of the faces as if those were anchors."""
    kinds = ops.full((24,), FACE, "int32")
    kept, kept_kinds = largest_and_regions(boxes, kinds, 8)
    found = MATCHER(ANCHORS, kept, kept_kinds)["labels"]
    left_out = largest(boxes, kinds, kinds == FACE, 8)[2]
    labels, _ = ThresholdMatcher(0.5, 0.4)(boxes[None], kept[None], kept_kinds[None])
    return found, left_out, pairwise_iou(boxes, ANCHORS), labels


@given(faces)
def test_no_anchor_that_would_find_a_face_is_background(drawn) -> None:
    boxes = np.array([(x, y, x + s, y + s * a / 100) for x, y, s, a in drawn], np.float32)

    found, left_out, overlap, labels = map(np.asarray, match_eight_largest(boxes))

    finding = overlap[left_out].max(axis=0) >= MATCHER.positive_threshold
    assert (found[finding] != 0).all()
    # Nor is a box on any of the faces.
    assert (labels != 0).all()


def test_far_from_what_is_left_out_there_is_background() -> None:
    row = [[8 * number, 0, 8 * number + 8, 8] for number in range(12)]

    boxes, kinds = of([*row, [0, 0, 30, 30], [60, 0, 90, 30]])

    covered = np.asarray(hidden(boxes, kinds, ANCHORS, 0.2)).reshape(16, 16, 3)
    assert covered[0, :6, 0].all() and not covered[2:].any() and not covered[:, 8:].any()


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a graph of TensorFlow")
@pytest.mark.parametrize("number", [0, 5])
def test_a_graph_finds_the_same(number: int) -> None:
    import tensorflow as tf

    boxes = np.array([[10 * i, 5, 10 * i + 9, 20 + i] for i in range(number)], np.float32)
    boxes, kinds = boxes.reshape(-1, 4), np.full(number, FACE, np.int32)
    graph = tf.function(
        lambda boxes, kinds: largest_and_regions(boxes, kinds, 2),
        input_signature=[tf.TensorSpec((None, 4)), tf.TensorSpec((None,), tf.int32)],
        autograph=False,
    )

    for found, expected in zip(graph(boxes, kinds), of(boxes, kinds), strict=True):
        np.testing.assert_array_equal(found, expected)
