"""The signature of exported detectors."""

import numpy as np
import pytest

from tfface.predict.runtime import ModelError
from tfface.predict.signature import (
    candidates_of,
    check_names,
    check_types,
    faces_of,
    fixed_size_of,
)

OUTPUTS = ("boxes", "scores", "count")


def test_names() -> None:
    check_names("a.tflite", ["images"], OUTPUTS)
    check_names("a.tflite", ["images"], (*OUTPUTS, "landmarks"))

    with pytest.raises(ModelError, match=r"a\.tflite.*got the inputs \['x'\]"):
        check_names("a.tflite", ["x"], OUTPUTS)
    with pytest.raises(ModelError, match=r"the outputs \['boxes', 'scores'\]"):
        check_names("a.tflite", ["images"], ["boxes", "scores"])


def test_types() -> None:
    types = {"boxes": np.float32, "scores": np.float32, "count": np.int32}
    check_types("a.tflite", np.uint8, types)

    with pytest.raises(ModelError, match="'images' of type uint8, got float32"):
        check_types("a.tflite", np.float32, types)
    with pytest.raises(ModelError, match="'scores' of type float32, got int8"):
        check_types("a.tflite", np.uint8, types | {"scores": np.int8})


def test_shapes_of_the_input() -> None:
    assert fixed_size_of("a", [1, 480, 640, 3]) == (480, 640)
    assert fixed_size_of("a", [1, -1, -1, 3]) is None
    assert fixed_size_of("a", [None, None, None, 3]) is None
    assert fixed_size_of("a", [8, 480, 640, 3]) == (480, 640)

    for shape in ([], [1, 3, 480, 640], [1, 480, -1, 3], [1, 480, 640, 1]):
        with pytest.raises(ModelError, match=r"shape \(B, height, width, 3\)"):
            fixed_size_of("a", shape)


def test_only_counted_candidates_are_faces() -> None:
    boxes = np.arange(12, dtype=np.float32).reshape(1, 3, 4)
    scores = np.array([[0.9, 0.8, 0.0]], np.float32)

    found, confidences = faces_of("a", boxes, scores, np.array([2], np.int32))

    np.testing.assert_array_equal(found, [[0, 1, 2, 3], [4, 5, 6, 7]])
    np.testing.assert_array_equal(confidences, scores[0, :2])


@pytest.mark.parametrize(
    ("boxes", "scores", "count"),
    [
        (np.zeros((1, 3, 4)), np.zeros((1, 2)), np.zeros(1, np.int32)),
        (np.zeros((3, 4)), np.zeros((1, 3)), np.zeros(1, np.int32)),
        (np.zeros((2, 3, 4)), np.zeros((2, 3)), np.zeros(2, np.int32)),
        (np.zeros((1, 3, 4)), np.zeros((1, 3)), np.zeros((), np.int32)),
        (np.zeros((1, 3, 4)), np.zeros(()), np.zeros(1, np.int32)),
    ],
)
def test_outputs_of_other_shapes(boxes: np.ndarray, scores: np.ndarray, count: np.ndarray) -> None:
    with pytest.raises(ModelError, match=r"boxes \(1, K, 4\)"):
        faces_of("a", boxes, scores, count)


@pytest.mark.parametrize("count", [-1, 4])
def test_impossible_counts(count: int) -> None:
    with pytest.raises(ModelError, match=rf"0\.\.3, got {count}"):
        faces_of("a", np.zeros((1, 3, 4)), np.zeros((1, 3)), np.array([count], np.int32))


@pytest.mark.parametrize(
    ("boxes", "scores"), [((1, 3, 4), (1, 2)), ((3, 4), (1, 3)), ((1, 3, 4), ()), ((), (1, 3))]
)
def test_candidates_of_other_shapes(boxes: tuple[int, ...], scores: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match=r"boxes \(1, A, 4\)"):
        candidates_of("a", np.zeros(boxes), np.zeros(scores))
