"""What detectors learn from."""

from functools import partial
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from tests.whole import whole
from tfface.anchors import AnchorLevel, grid_anchors
from tfface.largest import REGIONS
from tfface.matching import ABSENT, FACE, IGNORED, AnchorMatcher, ThresholdMatcher
from tfface.sampling import GroupSampling
from tfface.targets import (
    AnchorTargets,
    FaceTargets,
    RegionTargets,
    SampledTargets,
    Targets,
    TwoStepTargets,
)

NOTHING = np.zeros(0, np.float32)
SQUARES = (AnchorLevel(16, (16,)),)
"""One anchor a cell, the cell itself."""


def of_anchors(boxes, kinds, height=16, width=48, levels=SQUARES, **matcher):
    targets = AnchorTargets(levels, height, width, AnchorMatcher(**matcher))
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    made = whole(targets)(boxes, np.array(kinds, np.int32), NOTHING)
    return {name: np.asarray(value) for name, value in made.items()}


def test_labels_and_offsets_worked_out_by_hand() -> None:
    # Three cells of 16 pixels; the face is the first, moved by 2 pixels: 2 / 16 by 0.1.
    made = of_anchors([[2, 0, 18, 16]], [FACE])

    # Its overlap with the second is 2 / 30.
    assert made["labels"].tolist() == [1, 0, 0]
    expected: list[list[float]] = [[1.25, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    np.testing.assert_allclose(made["offsets"], expected, atol=1e-6)


def test_they_are_those_of_the_matcher_on_the_grid_of_the_picture() -> None:
    levels = (AnchorLevel(16, (16, 32)), AnchorLevel(32, (64,), aspect=1.5))
    boxes, kinds = [[3, 4, 30, 40], [50, 20, 60, 33]], [FACE, IGNORED]
    rules: dict[str, Any] = {"positive_threshold": 0.5, "variances": (1.0, 1.0, 1.0, 1.0)}

    made = of_anchors(boxes, kinds, 64, 96, levels, **rules)

    matcher = partial(AnchorMatcher(**rules), grid_anchors(levels, 64, 96))
    expected = whole(matcher)(np.array(boxes, np.float32), np.array(kinds, np.int32))
    # 4x6 cells of two anchors and 2x3 of one.
    assert made["labels"].shape == (54,)
    for name in ("labels", "offsets"):
        np.testing.assert_array_equal(made[name], expected[name])


def test_without_faces_all_is_background() -> None:
    made = of_anchors([], [])

    assert made["labels"].tolist() == [0, 0, 0]
    assert not made["offsets"].any()


def of_faces(boxes, kinds, most_faces=3, height=32, width=32):
    targets = FaceTargets((AnchorLevel(8, (16,)),), height, width, most_faces)
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    made = whole(targets)(boxes, np.array(kinds, np.int32), NOTHING)
    return {name: np.asarray(value) for name, value in made.items()}


def test_faces_come_largest_first_and_the_rest_is_absent() -> None:
    small, large = [0, 0, 8, 8], [8, 8, 30, 20]

    made = of_faces([small, large], [FACE, FACE])

    assert made["faces"].tolist() == [large, small, [0] * 4]
    assert made["kinds"].tolist() == [FACE, FACE, ABSENT]
    assert (made["kinds"].dtype, made["ignored"].dtype) == (np.int32, np.bool_)
    assert not made["ignored"].any()


def test_of_equal_faces_beyond_the_most_the_last_are_ignored() -> None:
    made = of_faces([[0, 0, 16, 16]] * 2 + [[16, 16, 32, 32]], [FACE] * 3, most_faces=2)

    assert made["ignored"].reshape(4, 4)[2:, 2:].all()


def test_points_in_ignored_boxes_are_ignored() -> None:
    # Points are the centres 4, 12, 20, 28 of cells of 8 pixels: one column of two, x 12, y 12, 20.
    made = of_faces([[8, 0, 16, 24], [5, 10, 21, 22]], [ABSENT, IGNORED])

    assert not made["kinds"].any()
    # The second box is 16 wide, from 5 to 21, and 12 high, made 16: 8 to 24.
    expected = np.zeros((4, 4), bool)
    expected[1:3, 1:3] = True
    np.testing.assert_array_equal(made["ignored"].reshape(4, 4), expected)


def test_faces_beyond_the_most_are_ignored() -> None:
    made = of_faces([[0, 0, 16, 16], [16, 16, 32, 32], [12, 0, 20, 8]], [FACE] * 3, most_faces=2)

    assert sorted(made["faces"].tolist()) == [[0, 0, 16, 16], [16, 16, 32, 32]]
    # The third, made 16 pixels: 8 to 24 across and -4 to 12 down, at whose edge 12 is out.
    expected = np.zeros((4, 4), bool)
    expected[0, 1:3] = True
    np.testing.assert_array_equal(made["ignored"].reshape(4, 4), expected)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a graph of TensorFlow")
@pytest.mark.parametrize("count", [0, 2])
def test_a_graph_makes_the_same(count: int) -> None:
    import tensorflow as tf

    boxes = np.array([[2, 0, 18, 16], [20, 0, 40, 16]], np.float32)[:count]
    kinds = np.array([FACE, IGNORED], np.int32)[:count]
    for targets in (AnchorTargets(SQUARES, 16, 48, AnchorMatcher()), FaceTargets(SQUARES, 16, 48)):
        graph = tf.function(
            targets,
            autograph=False,
            input_signature=[
                tf.TensorSpec((None, 4), tf.float32),
                tf.TensorSpec((None,), tf.int32),
                tf.TensorSpec((0,), tf.float32),
            ],
        )
        eager = targets(boxes, kinds, NOTHING)
        for name, value in graph(boxes, kinds, NOTHING).items():
            np.testing.assert_array_equal(value, eager[name])


def of_two_steps(boxes, kinds, labelled=(0, 1), moved=(1,), most_faces=3):
    levels = (AnchorLevel(16, (16,)), AnchorLevel(32, (32,)))
    first, second = AnchorMatcher(0.7, 0.3, compensation_count=1), AnchorMatcher(0.5, 0.4)
    targets = TwoStepTargets(levels, 32, 64, first, second, labelled, moved, most_faces)
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    made = whole(targets)(boxes, np.array(kinds, np.int32), NOTHING)
    return {name: np.asarray(value) for name, value in made.items()}, targets.anchors, first, second


def test_each_of_two_steps_has_the_targets_of_its_matcher() -> None:
    boxes, kinds = np.array([[2, 2, 30, 31], [33, 1, 45, 15]], np.float32), np.array([FACE, FACE])

    made, anchors, first, second = of_two_steps(boxes, kinds)

    # 2x4 cells of 16 pixels and 1x2 of 32.
    assert made["labels"].shape == (10,)
    np.testing.assert_array_equal(made["labels"], second(anchors, boxes, kinds)["labels"])
    expected = first(anchors, boxes, kinds)
    np.testing.assert_array_equal(made["first_labels"], expected["labels"])
    np.testing.assert_array_equal(made["first_offsets"], expected["offsets"][8:])


def test_a_first_step_has_targets_on_its_levels_alone() -> None:
    made, *_ = of_two_steps([[2, 2, 30, 31]], [FACE], labelled=(1,), moved=())
    assert (made["first_labels"].shape, made["first_offsets"].shape) == ((2,), (0, 4))

    made, *_ = of_two_steps([[2, 2, 30, 31]], [FACE], labelled=(), moved=())
    assert "first_labels" not in made


def test_faces_and_ignored_boxes_travel_with_two_steps() -> None:
    small, large, hidden = [0, 0, 10, 10], [0, 0, 30, 30], [0, 0, 20, 20]

    made, *_ = of_two_steps([small, large, hidden], [FACE, FACE, IGNORED])
    assert made["faces"][:3].tolist() == [large, hidden, small]
    assert made["kinds"][:3].tolist() == [FACE, IGNORED, FACE]
    assert not made["kinds"][3:].any()

    made, *_ = of_two_steps([large], [FACE])
    assert made["kinds"][:3].tolist() == [FACE, ABSENT, ABSENT]
    assert not made["faces"][1:].any()


def test_what_is_not_sampled_is_ignored_and_the_rest_stays() -> None:
    anchors = AnchorTargets(SQUARES, 64, 96, AnchorMatcher())
    boxes, kinds = np.array([[8, 8, 24, 24]], np.float32), np.array([FACE], np.int32)
    groups = np.zeros(len(anchors.anchors), np.int32)
    targets = SampledTargets(anchors, GroupSampling(groups, 12, 0.25))
    assert targets.uniform_count == 1

    before = whole(anchors)(boxes, kinds, np.zeros(0, np.float32))
    after = whole(targets)(boxes, kinds, np.array([0.25], np.float32))

    before_labels, labels = np.asarray(before["labels"]), np.asarray(after["labels"])
    kept = labels >= 0
    np.testing.assert_array_equal(labels[kept], before_labels[kept])
    assert np.sum(labels == 1) == min(3, np.sum(before_labels == 1))
    assert np.sum(kept) == 12
    assert int(after["seed"]) == 1 << 22  # a quarter of 2 ** 24
    np.testing.assert_array_equal(after["offsets"], before["offsets"])


def test_both_of_two_steps_are_sampled() -> None:
    two = TwoStepTargets(SQUARES, 64, 96, AnchorMatcher(), AnchorMatcher(), (0,), (0,))
    groups = np.zeros(len(two.anchors), np.int32)
    targets = SampledTargets(two, GroupSampling(groups, 4, 0.25))

    made = whole(targets)(
        np.zeros((0, 4), np.float32), np.zeros(0, np.int32), np.zeros(1, np.float32)
    )

    assert [int(np.sum(np.asarray(made[n]) == 0)) for n in ("labels", "first_labels")] == [4, 4]


def test_regions_are_matched_with_the_largest_faces() -> None:
    anchors = AnchorTargets(SQUARES, 64, 96, AnchorMatcher())
    targets = RegionTargets(anchors, most_faces=2)
    boxes = np.array([[0, 0, 8, 8], [0, 0, 30, 30]], np.float32)

    made = whole(targets)(boxes, np.array([FACE, IGNORED], np.int32), np.array([1.0], np.float32))

    np.testing.assert_array_equal(made["faces"][:2], boxes[::-1])
    assert np.asarray(made["kinds"]).tolist() == [IGNORED, FACE] + [ABSENT] * REGIONS
    assert int(made["seed"]) == 1 << 24
    assert {"labels", "offsets"} <= set(made)


def test_faces_beyond_the_most_are_background_to_no_box() -> None:
    # Six faces of 10 to 15 pixels, of which two have a place; a box is exactly on each.
    corners = np.array([[0, 0], [70, 0], [0, 40], [40, 40], [70, 40], [30, 10]])
    sides = np.arange(10, 16)[:, None]
    boxes = np.concatenate([corners, corners + sides], axis=1).astype(np.float32)
    kinds = np.full(6, FACE, np.int32)
    anchors = AnchorTargets(SQUARES, 64, 96, AnchorMatcher())
    makers: dict[str, Targets] = {
        "regions": RegionTargets(anchors, most_faces=2),
        "two steps": TwoStepTargets(
            SQUARES, 64, 96, AnchorMatcher(), AnchorMatcher(), (0,), (0,), most_faces=2
        ),
    }

    for name, maker in makers.items():
        made = whole(maker)(boxes, kinds, np.zeros(maker.uniform_count, np.float32))
        places = (ops.convert_to_numpy(made[key])[None] for key in ("faces", "kinds"))
        labels, _ = ThresholdMatcher(0.5, 0.4)(boxes[None], *places)
        assert np.asarray(labels).tolist() == [[-1] * 4 + [FACE] * 2], name
