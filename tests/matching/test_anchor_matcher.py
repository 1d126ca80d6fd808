"""Anchors x faces: every rule by hand, and all of them against loops over single numbers.

`tests/test_jax.py` runs this file under the JAX backend too, so both give what the loops give.
"""

import functools
import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfface.anchors import AnchorLevel, grid_anchors
from tfface.matching import ABSENT, FACE, IGNORED, AnchorMatcher

MATCHER = AnchorMatcher()
LEVEL = AnchorLevel(8, (8, 12, 16))
UNDER_JAX = keras.backend.backend() == "jax"


@functools.cache
def jitted(matcher: AnchorMatcher):
    """The matcher under JAX, with a fixed number of boxes as on an accelerator."""
    import jax

    function = jax.jit(matcher)

    def pad_and_match(anchors, boxes, kinds):
        missing = 24 - len(boxes)
        boxes, kinds = np.pad(boxes, ((0, missing), (0, 0))), np.pad(kinds, (0, missing))
        return function(anchors, boxes, kinds)

    return pad_and_match


@functools.cache
def compiled(matcher: AnchorMatcher, size: int):
    """The matcher with the anchors of an image, compiled as in training."""
    anchors = grid_anchors([LEVEL], size, size)
    if UNDER_JAX:
        return functools.partial(jitted(matcher), anchors)
    import tensorflow as tf

    return tf.function(
        lambda boxes, kinds: matcher(anchors, boxes, kinds),
        input_signature=[tf.TensorSpec((None, 4)), tf.TensorSpec((None,), tf.int32)],
        autograph=False,
    )


def match(anchors, boxes, kinds=None, matcher: AnchorMatcher = MATCHER):
    """Labels and offsets of NumPy arrays; all boxes are faces unless `kinds` says otherwise."""
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    kinds = np.full(len(boxes), FACE, np.int32) if kinds is None else np.array(kinds, np.int32)
    # Number by number JAX takes seconds for a picture.
    run = jitted(matcher) if UNDER_JAX else matcher
    targets = run(np.array(anchors, np.float32), boxes, kinds)
    return np.asarray(targets["labels"]), np.asarray(targets["offsets"])


def square(x: float, y: float, side: float = 10) -> list[float]:
    return [x, y, x + side, y + side]


def test_overlap_decides() -> None:
    # Squares of 10 moved by m overlap by (10 - m) / (10 + m): by 1 0.82, by 5 1/3, by 6 0.25.
    anchors = [square(1, 0), square(5, 0), square(6, 0), square(40, 0)]
    # Compensation would take the second and third, which overlap by more than 0.1.
    matcher = AnchorMatcher(compensation_count=1)

    labels, offsets = match(anchors, [square(0, 0)], matcher=matcher)

    assert labels.tolist() == [FACE, -1, 0, 0]
    # Centres 1 of 10 apart, by 0.1; equal sizes.
    np.testing.assert_allclose(offsets[0], [-1, 0, 0, 0], atol=1e-6)
    assert not offsets[1:].any()


def test_a_face_below_the_threshold_gets_its_best_anchor() -> None:
    # 0.25 and, one pixel further, 4 / 16 less: 3 / 17.
    matcher = AnchorMatcher(compensation_count=1)

    labels, _ = match([square(7, 0), square(6, 0)], [square(0, 0)], matcher=matcher)

    assert labels.tolist() == [0, FACE]


def test_no_face_is_lost_when_two_want_one_anchor() -> None:
    # Both faces overlap the first anchor most, the second one more; the first takes the other.
    anchors = [square(4, 0), square(-6, 0)]
    faces = [square(0, 0), square(2, 0)]

    labels, offsets = match(anchors, faces)

    assert labels.tolist() == [FACE, FACE]
    # Face 1 is 2 pixels left of anchor 0, face 0 is 6 right of anchor 1; of 10, by 0.1.
    np.testing.assert_allclose(offsets[:, 0], [-2, 6], atol=1e-5)


def test_identical_faces_get_an_anchor_each_while_there_are_any() -> None:
    # Twenty faces in one place, more than the 16 candidates that each of them has.
    anchors = [square(x, 0) for x in np.linspace(-9, 9, 30)]

    labels, _ = match(anchors, [square(0, 0)] * 20)

    assert (labels == FACE).sum() >= 20


def test_more_faces_than_anchors_end() -> None:
    labels, _ = match([square(0, 0), square(1, 0)], [square(0, 0)] * 5)

    assert labels.tolist() == [FACE, FACE]


def test_a_face_that_no_anchor_overlaps_gets_none() -> None:
    labels, _ = match([square(0, 0)], [square(50, 50)])

    assert labels.tolist() == [0]


@pytest.mark.parametrize("kinds", [[], [ABSENT, ABSENT]])
def test_without_faces_all_is_background(kinds) -> None:
    labels, offsets = match([square(0, 0), square(5, 0)], [square(0, 0)] * len(kinds), kinds)

    assert labels.tolist() == [0, 0]
    assert not offsets.any()


def test_ignored_faces_are_neither_face_nor_background() -> None:
    # (10 - m) / (10 + m) for m = 0, 6 and 7: 1, 0.25 >= 0.2 and 3/17 < 0.2.
    labels, _ = match([square(0, 0), square(6, 0), square(7, 0)], [square(0, 0)], [IGNORED])

    assert labels.tolist() == [-1, -1, 0]


@pytest.mark.parametrize("side", [0, 1, 4])
def test_an_ignored_face_smaller_than_all_anchors_hides_those_around_its_centre(side: int) -> None:
    # By itself a box of 4 overlaps an anchor of 10 around it by 16/100 only. As large as the
    # anchor: moved by 0, 6 and 7 as above.
    anchors = [square(0, 0), square(6, 0), square(7, 0)]

    labels, _ = match(anchors, [square(5 - side / 2, 5 - side / 2, side)], [IGNORED])

    assert labels.tolist() == [-1, -1, 0]


def test_a_face_within_an_ignored_one_is_still_found() -> None:
    labels, _ = match([square(0, 0)], [square(0, 0), square(0, 0)], [IGNORED, FACE])

    assert labels.tolist() == [FACE]


def test_compensation_fills_up_with_the_best_free_anchors() -> None:
    # Moved by 0 and 1..7: 1, .82, .67, .54, .43, 1/3, .25, 3/17. The first five are above 0.35, so
    # one is missing of six: the sixth, although it is below the threshold.
    anchors = [square(x, 0) for x in range(8)]

    labels, _ = match(anchors, [square(0, 0)])

    assert labels.tolist() == [FACE] * 6 + [0, 0]


def test_compensation_needs_an_overlap() -> None:
    # Moved by 9: 1/19, below 0.1.
    labels, _ = match([square(0, 0), square(9, 0)], [square(0, 0)])

    assert labels.tolist() == [FACE, 0]


def naive_match(anchors: np.ndarray, boxes: np.ndarray, kinds: np.ndarray, matcher: AnchorMatcher):
    """The four steps of `AnchorMatcher`, in loops over single numbers."""

    def overlap(box, anchor):
        width = min(box[2], anchor[2]) - max(box[0], anchor[0])
        height = min(box[3], anchor[3]) - max(box[1], anchor[1])
        if width <= 0 or height <= 0:
            return np.float32(0)
        areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (box, anchor)]
        return np.float32(width * height) / np.float32(sum(areas) - width * height)

    def part_inside(box, anchor) -> float:
        width = min(box[2], anchor[2]) - max(box[0], anchor[0])
        height = min(box[3], anchor[3]) - max(box[1], anchor[1])
        own = (anchor[2] - anchor[0]) * (anchor[3] - anchor[1])
        return max(width, 0) * max(height, 0) / own

    smallest = min(min(a[2] - a[0], a[3] - a[1]) for a in anchors.tolist())

    def grown(box):
        x_missing, y_missing = (
            max(smallest - (box[axis + 2] - box[axis]), 0) / 2 for axis in (0, 1)
        )
        return [
            box[0] - x_missing,
            box[1] - y_missing,
            box[2] + x_missing,
            box[3] + y_missing,
        ]

    table = [[overlap(box, anchor) for anchor in anchors.tolist()] for box in boxes.tolist()]
    faces = [index for index, kind in enumerate(kinds) if kind == FACE]
    ranked = {
        face: sorted(range(len(anchors)), key=lambda a: (-table[face][a], a)) for face in faces
    }
    owners = {}
    for anchor in range(len(anchors)):
        best = max(faces, key=lambda face: (table[face][anchor], -face), default=None)
        if best is not None and table[best][anchor] >= np.float32(matcher.positive_threshold):
            owners[anchor] = best

    held: dict[int, int] = {}
    for reach in (matcher.candidates, len(anchors)):
        waiting = [face for face in faces if face not in held.values()]
        while waiting:
            proposals: dict[int, list[int]] = {}
            for face in waiting:
                free = [a for a in ranked[face][:reach] if a not in held and table[face][a] > 0]
                if free:
                    proposals.setdefault(free[0], []).append(face)
            for anchor, suitors in proposals.items():
                held[anchor] = max(suitors, key=lambda face: (table[face][anchor], face))
            proposed = [face for suitors in proposals.values() for face in suitors]
            waiting = [face for face in proposed if face not in held.values()]
    owners.update(held)

    bids: dict[int, list[int]] = {}
    for face in faces:
        missing = matcher.compensation_count - sum(owner == face for owner in owners.values())
        weak = np.float32(matcher.compensation_threshold)
        candidates = ranked[face][: matcher.candidates]
        free = [a for a in candidates if a not in owners and table[face][a] > weak]
        for anchor in free[: max(missing, 0)]:
            bids.setdefault(anchor, []).append(face)
    for anchor, bidders in bids.items():
        owners[anchor] = max(bidders, key=lambda face: (table[face][anchor], face))

    labels, offsets = [], []
    for anchor, (x_min, y_min, x_max, y_max) in enumerate(anchors.tolist()):
        label, offset = 0, [0.0] * 4
        if anchor in owners:
            label, box = 1, boxes[owners[anchor]].tolist()
            side = x_max - x_min
            offset = [
                ((box[0] + box[2]) / 2 - (x_min + x_max) / 2) / side / 0.1,
                ((box[1] + box[3]) / 2 - (y_min + y_max) / 2) / side / 0.1,
                math.log((box[2] - box[0]) / side) / 0.2,
                math.log((box[3] - box[1]) / side) / 0.2,
            ]
        elif any(
            table[face][anchor] >= np.float32(matcher.negative_threshold) for face in faces
        ) or any(
            kind == IGNORED
            and (
                overlap(grown(box), anchors[anchor].tolist())
                >= np.float32(matcher.ignored_threshold)
                or part_inside(grown(box), anchors[anchor].tolist()) >= 0.5
            )
            for box, kind in zip(boxes.tolist(), kinds, strict=True)
        ):
            label = -1
        labels.append(label)
        offsets.append(offset)
    return labels, offsets


@st.composite
def pictures(draw, size: int):
    """Up to twelve boxes with whole corners, many of them in the same place."""
    corner, side = st.integers(0, size - 9), st.integers(1, size // 2)
    box = st.tuples(corner, corner, side, side)
    places = draw(st.lists(box, min_size=1, max_size=4))
    chosen = draw(st.lists(st.sampled_from(places), max_size=12))
    boxes = [(x, y, min(x + width, size), min(y + height, size)) for x, y, width, height in chosen]
    kinds = [draw(st.sampled_from([FACE, FACE, FACE, ABSENT, IGNORED])) for _ in boxes]
    return np.array(boxes, np.float32).reshape(-1, 4), np.array(kinds, np.int32)


# 8x8 cells of 3 anchors are few enough to be ranked at once; 14x14 cells are 588 anchors, which is
# no multiple of 32 and is ranked in groups. Two candidates let faces run out of them.
@pytest.mark.parametrize("size", [64, 112])
@pytest.mark.parametrize("matcher", [MATCHER, AnchorMatcher(candidates=2)])
@settings(max_examples=30)
@given(data=st.data())
def test_matching_is_that_of_the_loops(size: int, matcher: AnchorMatcher, data) -> None:
    boxes, kinds = data.draw(pictures(size))

    targets = compiled(matcher, size)(boxes, kinds)

    labels, offsets = naive_match(grid_anchors([LEVEL], size, size), boxes, kinds, matcher)
    assert np.asarray(targets["labels"]).tolist() == labels
    np.testing.assert_allclose(targets["offsets"], offsets, atol=1e-4)


@settings(max_examples=20)
@given(pictures(64))
def test_padding_changes_nothing(picture) -> None:
    boxes, kinds = picture
    padded_boxes = np.concatenate([boxes, np.full((3, 4), 7, np.float32)])
    padded_kinds = np.concatenate([kinds, np.full(3, ABSENT, np.int32)])

    expected = compiled(MATCHER, 64)(boxes, kinds)
    got = compiled(MATCHER, 64)(padded_boxes, padded_kinds)

    for name in expected:
        np.testing.assert_array_equal(got[name], expected[name])
