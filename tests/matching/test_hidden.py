"""What ignored boxes hide, against loops and the matchers that ask for it."""

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.whole import whole
from tfface.anchors import AnchorLevel, grid_anchors
from tfface.matching import (
    ABSENT,
    FACE,
    IGNORED,
    AnchorMatcher,
    ThresholdMatcher,
    TwoPassMatcher,
)
from tfface.matching.hidden import CHUNK, hidden

ANCHORS = grid_anchors([AnchorLevel(16, (16,)), AnchorLevel(32, (32, 64))], 64, 96)


def compiled() -> Any:
    """`hidden` as the data stage runs it, for any number of boxes."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(lambda boxes, kinds: hidden(boxes, kinds, ANCHORS, 0.2))
    import tensorflow as tf

    return tf.function(
        lambda boxes, kinds: hidden(boxes, kinds, ANCHORS, 0.2),
        input_signature=[tf.TensorSpec((None, 4)), tf.TensorSpec((None,), tf.int32)],
        autograph=False,
    )


HIDDEN = compiled()


def by_loops(boxes: np.ndarray, kinds: np.ndarray) -> list[bool]:
    def is_hidden(anchor: np.ndarray) -> bool:
        for box in boxes[kinds == IGNORED]:
            centre, sides = (box[:2] + box[2:]) / 2, np.maximum(box[2:] - box[:2], 16)
            low = np.maximum(centre - sides / 2, anchor[:2])
            high = np.minimum(centre + sides / 2, anchor[2:])
            shared = np.prod(np.maximum(high - low, 0))
            own = np.prod(anchor[2:] - anchor[:2])
            if shared >= 0.2 * (np.prod(sides) + own - shared) or shared >= 0.5 * own:
                return True
        return False

    return [is_hidden(anchor) for anchor in ANCHORS]


# Corners and sides are odd, so that no comparison is a matter of rounding.
box = st.tuples(*[st.integers(-20, 80).map(lambda n: n + 0.37)] * 2, *[st.integers(0, 70)] * 2).map(
    lambda b: (b[0], b[1], b[0] + b[2] + 0.11, b[1] + b[3] + 0.23)
)


@given(st.lists(st.tuples(box, st.sampled_from([FACE, ABSENT, IGNORED])), max_size=3 * CHUNK))
def test_what_is_hidden_is_that_of_loops(drawn) -> None:
    drawn += [((0, 0, 0, 0), ABSENT)] * (3 * CHUNK - len(drawn) if drawn else 0)  # JAX: two shapes
    boxes = np.array([box for box, _ in drawn], np.float32).reshape(-1, 4)
    kinds = np.array([kind for _, kind in drawn], np.int32)

    assert np.asarray(HIDDEN(boxes, kinds)).tolist() == by_loops(boxes, kinds)


@pytest.mark.parametrize("matcher", [AnchorMatcher(), TwoPassMatcher()], ids=["one", "two"])
def test_anchors_in_an_ignored_crowd_are_no_background(matcher) -> None:
    # The 24 cells of 16 pixels have an IoU with the crowd of 1/24 at most.
    boxes, kinds = np.array([[0, 0, 80, 64]], np.float32), np.array([IGNORED])

    cells = np.asarray(whole(matcher)(ANCHORS, boxes, kinds)["labels"])[:24].reshape(4, 6)

    assert (cells[:, :5] == -1).all() and (cells[:, 5] == 0).all()


def test_boxes_in_an_ignored_crowd_are_no_background() -> None:
    crowd = np.array([[[0, 0, 80, 64]]], np.float32)
    # Inside, by a half and by less.
    boxes = np.array([[[8, 8, 20, 20], [72, 8, 88, 20], [73, 8, 89, 20]]], np.float32)

    labels, _ = whole(ThresholdMatcher(0.5, 0.4))(boxes, crowd, np.array([[IGNORED]]))

    assert np.asarray(labels).tolist() == [[-1, -1, 0]]


def test_every_matcher_makes_tiny_ignored_boxes_as_large_as_the_smallest_anchor() -> None:
    tiny, kinds = np.array([[22, 22, 26, 26]], np.float32), np.array([IGNORED])
    cells = ANCHORS[:24]

    others = [
        whole(matcher)(cells, tiny, kinds)["labels"]
        for matcher in (AnchorMatcher(), TwoPassMatcher())
    ]
    matcher = whole(ThresholdMatcher(0.5, 0.4, smallest=16.0))
    labels, _ = matcher(cells[None], tiny[None], kinds[None])

    # The box in the middle of the second cell of the second row.
    expected = np.where(np.arange(24) == 7, -1, 0)
    for found in (labels[0], *others):
        np.testing.assert_array_equal(found, expected)
