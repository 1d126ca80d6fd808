"""Ground-truth masks of feature maps."""

import os
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tfface.anchors import AnchorLevel
from tfface.masks import MaskLevel, MaskTargets, face_mask, face_masks, mask_level
from tfface.matching import ABSENT, FACE, IGNORED

LEVELS = tuple(AnchorLevel(stride, (4 * stride,)) for stride in (4, 8, 16, 32, 64, 128))


def mask_of(boxes, kinds, rows, columns, stride, smallest, largest, threshold=0.001) -> np.ndarray:
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    kinds = np.array(kinds, np.int32)
    made = face_mask(boxes, kinds, rows, columns, stride, smallest, largest, threshold)
    return np.asarray(made)


def best_overlaps(box: np.ndarray, level: MaskLevel, sides: int) -> np.ndarray:
    """The largest IoU of a face with a square around every cell, of many sides: `(rows, columns)`.

    As the paper has it: centres by equation 3, boxes of floating numbers, each compared.
    """
    x_min, y_min, x_max, y_max = box.astype(np.float64)
    x = (np.arange(level.columns) + 0.5) * level.stride
    y = (np.arange(level.rows) + 0.5) * level.stride
    best = np.zeros((level.rows, level.columns))
    for side in np.linspace(level.smallest, level.largest, sides):
        wide = np.minimum(x + side / 2, x_max) - np.maximum(x - side / 2, x_min)
        high = np.minimum(y + side / 2, y_max) - np.maximum(y - side / 2, y_min)
        intersection = np.maximum(wide, 0) * np.maximum(high, 0)[:, None]
        union = side**2 + (x_max - x_min) * (y_max - y_min) - intersection
        best = np.maximum(best, intersection / union)
    return best


def brute_force(boxes, kinds, level: MaskLevel, threshold: float, sides: int) -> tuple[Any, Any]:
    """The mask, and where it is certain: no overlap is at the threshold but for rounding."""
    each = [best_overlaps(box, level, sides) for box in np.asarray(boxes, np.float32)]
    overlaps = np.array(each).reshape(-1, level.rows, level.columns)
    kinds = np.asarray(kinds)
    found = {kind: (overlaps[kinds == kind] > threshold).any(0) for kind in (FACE, IGNORED)}
    mask = np.where(found[FACE], FACE, np.where(found[IGNORED], IGNORED, ABSENT))
    return mask, (np.abs(overlaps / threshold - 1) > 1e-4).all(0)


def test_a_mask_worked_out_by_hand() -> None:
    # Cells of 4 pixels, middles 2, 6, ... 38. A face from 16 to 24, squares of 8 pixels. Beside it
    # a square shares 8 - u with it, u the distance of the middles: above u = 8, nothing. Two
    # cells on each side have u of 2 and 6, the third 10. Above and below it is the same.
    mask = mask_of([[16, 16, 24, 24]], [FACE], 10, 10, 4, 8, 8)

    expected = np.zeros((10, 10))
    expected[3:7, 3:7] = 1
    np.testing.assert_array_equal(mask, expected)
    assert mask.dtype == np.int8


def test_the_threshold_cuts_corners() -> None:
    # As above: the corner has 2 x 2 pixels in common, 4 / (64 + 64 - 4) = 0.032; beside it, 2 x 6:
    # 12 / 116 = 0.10.
    mask = mask_of([[16, 16, 24, 24]], [FACE], 10, 10, 4, 8, 8, threshold=0.05)

    assert mask[3].tolist() == [0, 0, 0, 0, 1, 1, 0, 0, 0, 0]
    assert mask[4].tolist() == [0, 0, 0, 1, 1, 1, 1, 0, 0, 0]


def test_any_side_between_the_smallest_and_the_largest_will_do() -> None:
    # Squares up to 16: half of 16 and of the face's 8 are 12 pixels, so u may be 10.
    mask = mask_of([[16, 16, 24, 24]], [FACE], 10, 10, 4, 8, 16)

    assert mask[4].tolist() == [0, 0, 1, 1, 1, 1, 1, 1, 0, 0]


def test_a_face_too_large_or_too_small_for_all_squares_is_in_no_mask() -> None:
    # At 0.001: a square of 8 in the middle of 300 x 300 has 64 / 90,000 = 0.0007, one of 9 has
    # 0.0009; a face of 1 x 1 in a square of 40 has 1 / 1600 = 0.0006.
    assert not mask_of([[0, 0, 300, 300]], [FACE], 75, 75, 4, 8, 9).any()
    assert not mask_of([[50, 50, 51, 51]], [FACE], 10, 10, 16, 40, 80).any()


def test_what_is_near_ignored_boxes_alone_is_ignored() -> None:
    face, ignored = [4, 4, 12, 12], [12, 4, 20, 12]

    mask = mask_of([face, ignored, [20, 4, 28, 12]], [FACE, IGNORED, ABSENT], 4, 8, 4, 8, 8)

    # The face covers columns whose middles are nearer to 8 than 8: 2 to 14, columns 0 to 3; the
    # ignored box those nearer to 16: 10 to 22, columns 2 to 5.
    assert mask[1].tolist() == [1, 1, 1, 1, -1, -1, 0, 0]


def test_without_faces_or_with_faces_without_area_it_is_empty() -> None:
    assert not mask_of([], [], 3, 5, 16, 11, 23).any()
    assert not mask_of([[20, 20, 20, 30], [9, 9, 4, 4]], [FACE, FACE], 3, 5, 16, 11, 23).any()


@pytest.mark.parametrize("threshold", [0.0, -0.1, 0.2])
def test_a_threshold_for_which_the_closed_form_does_not_hold(threshold) -> None:
    with pytest.raises(ValueError, match=r"above 0 and at most 0.1, got"):
        mask_of([], [], 2, 2, 4, 4, 4, threshold)


def test_masks_of_200_scenes_are_those_of_brute_force() -> None:
    random = np.random.default_rng(0)
    certain_cells = cells = 0
    count = 5  # of which some are absent, or all
    for _ in range(200):
        stride = int(2 ** random.integers(2, 8))
        sides = np.exp(random.uniform(np.log(1), np.log(300), (count, 1)))
        sides = sides * np.exp(random.uniform(-0.7, 0.7, (count, 2)))
        middles = random.uniform(-20, 148, (count, 2))
        boxes = np.concatenate([middles - sides / 2, middles + sides / 2], 1).astype(np.float32)
        kinds = random.choice([FACE, FACE, IGNORED, ABSENT, ABSENT], count)
        anchor = stride * random.choice([2, 4])
        level = MaskLevel(-(-128 // stride), -(-96 // stride), stride, anchor / 1.4, anchor * 1.4)
        threshold = random.choice([0.001, 0.01, 0.1])

        expected, certain = brute_force(boxes, kinds, level, threshold, sides=120)

        arguments = level.rows, level.columns, stride, level.smallest, level.largest, threshold
        mask = mask_of(boxes, kinds, *arguments)
        np.testing.assert_array_equal(mask[certain], expected[certain])
        certain_cells, cells = certain_cells + certain.sum(), cells + mask.size
    assert certain_cells > 0.99 * cells > 20_000


@pytest.mark.skipif("TFFACE_DATA" not in os.environ, reason="needs WIDER FACE in $TFFACE_DATA")
def test_masks_of_20_real_pictures_are_those_of_brute_force() -> None:
    from tfface.evaluation.wider_files import open_wider

    ground_truth = open_wider(Path(os.environ["TFFACE_DATA"]) / "widerface").ground_truth
    levels = [mask_level(level, 640, 640) for level in LEVELS]
    for name in sorted(ground_truth)[:: len(ground_truth) // 20][:20]:
        boxes = ground_truth[name].boxes.astype(np.float32)[:25]
        boxes = boxes * np.float32(640 / max(1, boxes.max()))
        kinds = np.full(len(boxes), FACE)

        masks = np.asarray(face_masks(boxes, kinds, levels))

        pairs = [brute_force(boxes, kinds, level, 0.001, sides=20) for level in levels]
        expected, certain = (
            np.concatenate([pair[index].ravel() for pair in pairs]) for index in range(2)
        )
        np.testing.assert_array_equal(masks[certain], expected[certain])
        assert certain.mean() > 0.99


def test_boxes_reach_half_an_octave_beyond_the_anchors() -> None:
    level = mask_level(AnchorLevel(8, (8, 12, 16, 24)), 40, 60)

    assert (level.rows, level.columns, level.stride) == (5, 8, 8)
    assert (level.smallest, level.largest) == pytest.approx((8 / 2**0.5, 24 * 2**0.5))


def test_levels_come_one_after_the_other() -> None:
    boxes, kinds = np.array([[10, 4, 60, 70]], np.float32), np.array([FACE])
    levels = [mask_level(level, 96, 160) for level in LEVELS]

    every = np.asarray(face_masks(boxes, kinds, levels))

    each = [
        np.ravel(face_mask(boxes, kinds, v.rows, v.columns, v.stride, v.smallest, v.largest))
        for v in levels
    ]
    np.testing.assert_array_equal(every, np.concatenate(each))


def test_every_anchor_of_a_face_is_in_the_mask() -> None:
    from tfface.anchors import grid_anchors
    from tfface.matching import AnchorMatcher

    random = np.random.default_rng(1)
    corner, sides = random.uniform(0, 250, (20, 2)), np.exp(random.uniform(2, 5, (20, 1)))
    boxes = np.concatenate([corner, corner + sides], axis=1).astype(np.float32)
    kinds = np.full(20, FACE)

    labels = np.asarray(AnchorMatcher()(grid_anchors(LEVELS, 320, 320), boxes, kinds)["labels"])
    masks = np.asarray(face_masks(boxes, kinds, [mask_level(level, 320, 320) for level in LEVELS]))

    assert (labels == 1).sum() > 50
    assert (masks[labels == 1] == FACE).all()


class OneNumber:
    """Targets that are a uniform number."""

    uniform_count = 1

    def __call__(self, boxes, kinds, uniform):
        return {"number": uniform[0]}


def test_masks_are_made_beside_other_targets() -> None:
    boxes, kinds = np.array([[8, 8, 24, 40]], np.float32), np.array([FACE])
    targets = MaskTargets(OneNumber(), LEVELS, 64, 64, masked=(0, 2))

    made = targets(boxes, kinds, np.array([0.25], np.float32))

    assert targets.uniform_count == 1 and made["number"] == 0.25
    levels = [mask_level(LEVELS[index], 64, 64) for index in (0, 2)]
    np.testing.assert_array_equal(made["masks"], face_masks(boxes, kinds, levels))
    assert set(made) == {"number", "masks"}


def test_the_share_to_drop_is_dropped_inside_of_the_mask_alone() -> None:
    boxes, kinds = np.array([[20, 20, 220, 220]], np.float32), np.array([FACE])
    targets = MaskTargets(OneNumber(), LEVELS, 256, 256, masked=(), dropout=0.3)
    uniform = np.random.default_rng(0).random(targets.uniform_count, dtype=np.float32)

    made = targets(boxes, kinds, uniform)

    inside = np.ravel(face_masks(boxes, kinds, [mask_level(LEVELS[0], 256, 256)])) == FACE
    dropped = np.asarray(made["dropped_masks"])
    assert dropped.shape == (64 * 64,) and not dropped[~inside].any()
    # Binomial: five standard deviations of the share.
    deviation = (0.3 * 0.7 / inside.sum()) ** 0.5
    assert abs(dropped[inside].mean() - 0.3) < 5 * deviation
    assert 0.3 * inside.sum() > 500


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a graph of TensorFlow")
def test_a_graph_makes_the_same() -> None:
    import tensorflow as tf

    targets = MaskTargets(OneNumber(), LEVELS, 64, 96, masked=(0, 1), dropout=0.5)
    signature = [
        tf.TensorSpec((None, 4), tf.float32),
        tf.TensorSpec((None,), tf.int32),
        tf.TensorSpec((targets.uniform_count,), tf.float32),
    ]
    graph = tf.function(targets, input_signature=signature, autograph=False)
    uniform = np.random.default_rng(0).random(targets.uniform_count, dtype=np.float32)
    for count in (0, 2):
        boxes = np.array([[5, 6, 40, 50], [60, 2, 70, 14]], np.float32)[:count]
        kinds = np.array([FACE, IGNORED], np.int32)[:count]
        eager = targets(boxes, kinds, uniform)
        for name, value in graph(boxes, kinds, uniform).items():
            np.testing.assert_array_equal(value, eager[name])
