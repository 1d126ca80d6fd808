"""Detections: the faces of one picture."""

import json

import numpy as np
import pytest

from tfface.detections import Detections


def two_faces() -> Detections:
    boxes = np.array([[1, 2, 30.12345, 40], [5, 6, 7, 8]], np.float32)
    return Detections(boxes, np.array([0.9, 0.5], np.float32))


def test_length_and_order() -> None:
    detections = two_faces()

    assert len(detections) == 2
    assert [round(detection.score, 6) for detection in detections] == [0.9, 0.5]
    box, score = next(iter(detections))
    assert (box.tolist()[:2], type(score)) == ([1.0, 2.0], float)


def test_json() -> None:
    assert json.loads(json.dumps(two_faces().to_json())) == [
        {"box": [1.0, 2.0, 30.123, 40.0], "score": 0.9},
        {"box": [5.0, 6.0, 7.0, 8.0], "score": 0.5},
    ]


def test_a_picture_without_faces() -> None:
    nobody = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    assert (len(nobody), list(nobody), nobody.to_json()) == (0, [], [])


@pytest.mark.parametrize(
    ("boxes", "scores", "message"),
    [
        (np.zeros((2, 4)), np.zeros(3), r"\(2, 4\) and \(3,\)"),
        (np.zeros((2, 5)), np.zeros(2), r"\(2, 5\)"),
        (np.zeros((2, 4)), np.zeros((2, 1)), r"\(2, 1\)"),
        (np.zeros((2, 4)), np.array([0.1, 0.2]), "falling"),
    ],
)
def test_what_does_not_belong_together(boxes: np.ndarray, scores: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Detections(boxes, scores)
