"""tfface.matching.threshold_matcher: boxes x faces by their overlap alone."""

import numpy as np
from keras import ops

from tests.whole import whole
from tfface.matching import ABSENT, FACE, IGNORED, ThresholdMatcher


def match(boxes, faces, kinds, positive=0.5, negative=0.4):
    matcher = whole(ThresholdMatcher(positive, negative))
    found = matcher(*(np.array([values]) for values in (boxes, faces, kinds)))
    return tuple(ops.convert_to_numpy(values)[0] for values in found)


def test_face_background_and_what_is_between_by_hand() -> None:
    face = [0.0, 0.0, 10.0, 10.0]
    # 10, 6, 4.5 and 2 of the 10 columns of the face: overlaps of 1, 0.6, 0.45 and 0.2.
    boxes = [face, [0, 0, 6, 10.0], [0, 0, 4.5, 10.0], [0, 0, 2, 10.0]]

    labels, owned = match(boxes, [face], [FACE])

    assert labels.tolist() == [1, 1, -1, 0]
    np.testing.assert_array_equal(owned[:2], [face, face])
    np.testing.assert_array_equal(owned[2:], np.array(boxes[2:], np.float32))


def test_a_box_has_the_face_that_it_overlaps_most() -> None:
    faces = [[0.0, 0, 10, 10], [4.0, 0, 14, 10]]

    labels, owned = match([[3.0, 0, 13, 10]], faces, [FACE, FACE])

    assert labels.tolist() == [1]
    assert owned[0].tolist() == faces[1]


def test_only_faces_are_found_and_ignored_boxes_hide() -> None:
    boxes = [[0.0, 0, 10, 10], [20.0, 0, 30, 10]]
    absent, ignored = ABSENT, IGNORED

    assert match(boxes, boxes, [absent, absent])[0].tolist() == [0, 0]
    assert match(boxes, boxes, [ignored, absent])[0].tolist() == [-1, 0]
    assert match(boxes, boxes, [FACE, ignored])[0].tolist() == [1, -1]


def test_it_is_that_of_loops() -> None:
    generator = np.random.default_rng(0)
    corners = generator.uniform(0, 30, (2, 40, 2))
    boxes = np.concatenate([corners, corners + generator.uniform(4, 20, (2, 40, 2))], -1)
    boxes = boxes.astype(np.float32)
    faces, kinds = boxes[:, ::5] + 1, generator.choice([FACE, ABSENT, IGNORED], (2, 8))

    labels, owned = (
        ops.convert_to_numpy(found)
        for found in whole(ThresholdMatcher(0.5, 0.3))(boxes, faces, kinds)
    )

    for picture in range(2):
        for index, box in enumerate(boxes[picture]):
            overlaps = [iou(box, face) for face in faces[picture]]
            of = {
                kind: max(
                    [o for o, k in zip(overlaps, kinds[picture], strict=True) if k == kind],
                    default=0,
                )
                for kind in (FACE, IGNORED)
            }
            inside = any(
                shared(box, face) >= 0.5 * area(box)
                for face, kind in zip(faces[picture], kinds[picture], strict=True)
                if kind == IGNORED
            )
            uncertain = of[FACE] >= 0.3 or of[IGNORED] >= 0.2 or inside
            expected = 1 if of[FACE] >= 0.5 else -1 if uncertain else 0
            assert labels[picture, index] == expected
            if expected == 1:
                best = max(range(8), key=lambda i: overlaps[i] * (kinds[picture, i] == FACE))
                np.testing.assert_array_equal(owned[picture, index], faces[picture, best])


def area(box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def shared(box, other) -> float:
    width = max(min(box[2], other[2]) - max(box[0], other[0]), 0)
    height = max(min(box[3], other[3]) - max(box[1], other[1]), 0)
    return width * height


def iou(box, other) -> float:
    return shared(box, other) / (area(box) + area(other) - shared(box, other))
