"""TwoPassMatcher, against loops over anchors and faces."""

from functools import cache
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.whole import whole
from tfface.anchors import AnchorLevel, grid_anchors
from tfface.matching import ABSENT, FACE, IGNORED, TwoPassMatcher

ANCHORS = grid_anchors([AnchorLevel(8, (8, 16))], 64, 64)


@cache
def matcher(**thresholds: Any) -> Any:
    return whole(TwoPassMatcher(**thresholds))


def match(boxes, kinds=None, anchors=ANCHORS, **thresholds):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    kinds = np.full(len(boxes), FACE) if kinds is None else np.array(kinds)
    found = matcher(**thresholds)(anchors, boxes, kinds.astype(np.int32))
    return {name: np.asarray(value) for name, value in found.items()}


def iou(box, other) -> float:
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    shared = max(width, 0) * max(height, 0)
    area = (box[2] - box[0]) * (box[3] - box[1])
    return shared / (area + (other[2] - other[0]) * (other[3] - other[1]) - shared)


def naive(boxes) -> np.ndarray:
    """Labels by the words of section 4.1."""
    matrix = np.array([[iou(anchor, box) for box in boxes] for anchor in ANCHORS])
    labels, owner = [], []
    for row in matrix:
        best = row.max()
        labels.append(1 if best >= 0.6 else -1 if best >= 0.4 else 0)
        owner.append(row.argmax())
    matched = [owner[i] if label == 1 else None for i, label in enumerate(labels)]
    for face in range(len(boxes)):
        if face in matched:
            continue
        allowed = [
            i
            for i in range(len(ANCHORS))
            if matched[i] is None and matrix[i, face] >= 0.4 and owner[i] == face
        ]
        if allowed:
            chosen = max(allowed, key=lambda i: (matrix[i, face], -i))
            labels[chosen], matched[chosen] = 1, face
    return np.array(labels)


box = st.tuples(*[st.integers(0, 200).map(lambda n: n / 4 + 0.1)] * 2, st.integers(12, 80)).map(
    lambda b: (b[0], b[1], b[0] + b[2] / 4 + 0.03, b[1] + b[2] / 4)
)


@given(st.lists(box, min_size=1, max_size=20))
def test_labels_are_those_of_loops(boxes) -> None:
    np.testing.assert_array_equal(match(boxes)["labels"], naive(boxes))


def test_a_face_between_the_thresholds_gets_the_anchor_that_overlaps_it_most() -> None:
    # The anchor 0 0 8 8 has an IoU of 32 / 64 = 0.5 with 0 0 8 4: ignored in the first pass,
    # the face's in the second.
    anchors = np.array([[0, 0, 8, 8], [0, 0, 8, 9], [20, 20, 28, 28]], np.float32)

    found = match([[0, 0, 8, 4]], anchors=anchors)

    # 32 / 72 = 0.44 of the second anchor is less.
    assert found["labels"].tolist() == [1, -1, 0]
    # The centre is 2 above, a quarter of the anchor, and the height is halved.
    expected = [0, -0.25 / 0.1, 0, np.log(0.5) / 0.2]
    np.testing.assert_allclose(found["offsets"][0], expected, rtol=1e-5, atol=1e-6)
    assert not found["offsets"][1:].any()


def test_an_anchor_that_overlaps_another_face_more_is_not_given() -> None:
    # Both faces overlap the only anchor between the thresholds; the second by more.
    anchors = np.array([[0, 0, 8, 8]], np.float32)

    found = match([[0, 0, 8, 3.4], [0, 0, 8, 4.4]], anchors=anchors)

    assert found["labels"].tolist() == [1]
    np.testing.assert_allclose(found["offsets"][0, 3], np.log(0.55) / 0.2, rtol=1e-5)


def test_a_face_that_nothing_overlaps_enough_stays_without() -> None:
    assert (match([[1, 1, 3, 3]])["labels"] == 0).all()


def test_without_faces_all_is_background() -> None:
    found = match([])
    assert (found["labels"] == 0).all()
    assert not found["offsets"].any()
    assert (match([[0, 0, 8, 8]], [ABSENT])["labels"] == 0).all()


def test_background_on_an_ignored_box_is_ignored() -> None:
    anchors = np.array([[0, 0, 8, 8], [20, 20, 28, 28]], np.float32)

    assert match([[0, 0, 8, 8]], [IGNORED], anchors)["labels"].tolist() == [-1, 0]
