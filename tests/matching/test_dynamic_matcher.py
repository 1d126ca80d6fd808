"""tfface.matching.dynamic_matcher: points and faces by what is predicted."""

import numpy as np
import pytest
from keras import ops

from tests.whole import whole
from tfface.anchors import AnchorLevel, grid_anchors
from tfface.matching import ABSENT, FACE, IGNORED, DynamicMatcher
from tfface.matching.dynamic_matcher import MatchCost

LEVELS = (AnchorLevel(8, (16,)), AnchorLevel(16, (32,)))
SIZE = 64
CENTRES = (lambda anchors: (anchors[:, :2] + anchors[:, 2:]) / 2)(grid_anchors(LEVELS, SIZE, SIZE))
"""8x8 points of stride 8, then 4x4 of stride 16."""


SURE, BETTER = 3 * 8 + 4, 4 * 8 + 3
"""Points alike far from a face's centre (30, 30): at (36, 28) and (28, 36)."""


def iou(box: np.ndarray, face: np.ndarray) -> float:
    width = max(0.0, min(box[2], face[2]) - max(box[0], face[0]))
    height = max(0.0, min(box[3], face[3]) - max(box[1], face[1]))
    union = np.prod(box[2:] - box[:2]) + np.prod(face[2:] - face[:2]) - width * height
    return width * height / (union + 1e-6)


def match_naively(scores, boxes, faces, kinds, cost: MatchCost) -> list[int]:
    """One picture, face by face and point by point, as the docstring of the class has it."""
    asked: dict[int, tuple[float, int]] = {}
    for number, (face, kind) in enumerate(zip(faces, kinds, strict=True)):
        if kind != FACE:
            continue
        centre, costs, overlaps, first = (face[:2] + face[2:]) / 2, {}, [], 0
        for level in LEVELS:
            rows, columns = level.grid_shape(SIZE, SIZE)
            column, row = np.floor(centre / level.stride).astype(int)
            for y in range(row - 2, row + 3):
                for x in range(column - 2, column + 3):
                    if 0 <= y < rows and 0 <= x < columns:
                        point = first + y * columns + x
                        quality = iou(boxes[point], face)
                        score = 1 / (1 + np.exp(-scores[point]))
                        entropy = -quality * np.log(score) - (1 - quality) * np.log(1 - score)
                        of_score = {
                            "simota": -np.log(score),
                            "rtmdet": abs(quality - score) ** 2 * entropy,
                        }
                        distance = np.linalg.norm(CENTRES[point] - centre) / level.stride
                        overlaps.append(quality)
                        costs[point] = (
                            of_score[cost] - 3 * np.log(quality + 1e-7) + 10 ** (distance - 3)
                        )
            first += rows * columns
        count = max(1, int(sum(sorted(overlaps)[-10:])))
        for point in sorted(costs, key=lambda point: costs[point])[:count]:
            if point not in asked or costs[point] < asked[point][0]:
                asked[point] = costs[point], number
    return [asked[point][1] if point in asked else -1 for point in range(len(boxes))]


@pytest.mark.parametrize("cost", ["simota", "rtmdet"])
@pytest.mark.parametrize("seed", range(8))
def test_as_a_naive_version_of_it(seed: int, cost: MatchCost) -> None:
    generator = np.random.default_rng(seed)
    faces = generator.uniform(0, 40, (2, 5, 4)).astype(np.float32)
    faces[..., 2:] = faces[..., :2] + generator.uniform(4, 30, (2, 5, 2))
    kinds = generator.choice([FACE, FACE, ABSENT, IGNORED], (2, 5)).astype(np.int32)
    # Boxes near some face, so that they overlap one.
    near = faces[:, generator.integers(0, 5, 80)]
    boxes = (near + generator.normal(0, 3, near.shape)).astype(np.float32)
    boxes[..., 2:] = np.maximum(boxes[..., 2:], boxes[..., :2] + 1)
    scores = generator.normal(0, 2, (2, 80)).astype(np.float32)

    owners = ops.convert_to_numpy(
        whole(DynamicMatcher(LEVELS, SIZE, SIZE, cost))(scores, boxes, faces, kinds)
    )

    for index in range(2):
        expected = match_naively(scores[index], boxes[index], faces[index], kinds[index], cost)
        assert owners[index].tolist() == expected


def test_a_face_smaller_than_a_cell_has_a_point() -> None:
    # Around (33, 33), where the box of no point is.
    faces = np.array([[[32, 32, 34, 34]]], np.float32)
    boxes = np.zeros((1, 80, 4), np.float32)
    kinds = np.array([[FACE]], np.int32)

    owners = whole(DynamicMatcher(LEVELS, SIZE, SIZE))(
        np.zeros((1, 80), np.float32), boxes, faces, kinds
    )

    # All overlaps are 0, so the nearest in strides: the cell (4, 4) of stride 8, at (36, 36), is
    # 3 * sqrt(2) / 8 = 0.53 away; of stride 16 the cell (2, 2), at (40, 40), 0.62.
    assert np.flatnonzero(ops.convert_to_numpy(owners)[0] == 0).tolist() == [4 * 8 + 4]


@pytest.mark.parametrize(("cost", "chosen"), [("simota", SURE), ("rtmdet", BETTER)])
def test_a_point_that_is_sure_of_a_face_and_one_that_fits_a_little_better(
    cost: MatchCost, chosen: int
) -> None:
    faces, kinds = np.array([[[20, 20, 40, 40]]], np.float32), np.array([[FACE]], np.int32)
    boxes, scores = np.zeros((1, 80, 4), np.float32), np.full((1, 80), -5, np.float32)
    boxes[0, SURE], scores[0, SURE] = (20, 20, 40, 35), 2.2  # overlap 0.75, score 0.9
    boxes[0, BETTER], scores[0, BETTER] = (20, 20, 40, 37), -0.85  # overlap 0.85, score 0.3

    # Together they overlap by 1.6, so the face has one point.
    owners = whole(DynamicMatcher(LEVELS, SIZE, SIZE, cost))(scores, boxes, faces, kinds)

    assert np.flatnonzero(ops.convert_to_numpy(owners)[0] == 0).tolist() == [chosen]


def test_no_face_takes_no_point() -> None:
    matcher = whole(DynamicMatcher(LEVELS, SIZE, SIZE))
    owners = matcher(
        np.zeros((1, 80), np.float32),
        np.zeros((1, 80, 4), np.float32),
        np.zeros((1, 3, 4), np.float32),
        np.full((1, 3), ABSENT, np.int32),
    )
    assert (ops.convert_to_numpy(owners) == -1).all()


def test_a_window_of_one_cell_a_level() -> None:
    faces, kinds = np.array([[[20, 20, 36, 36]]], np.float32), np.array([[FACE]], np.int32)
    boxes = np.broadcast_to(faces, (1, 80, 4))

    owners = whole(DynamicMatcher(LEVELS, SIZE, SIZE, window=0))(
        np.zeros((1, 80), np.float32), boxes, faces, kinds
    )

    # The centre (28, 28) is in the cell (3, 3) of stride 8 and (1, 1) of stride 16; both fit.
    expected = [3 * 8 + 3, 64 + 1 * 4 + 1]
    assert np.flatnonzero(ops.convert_to_numpy(owners)[0] == 0).tolist() == expected
