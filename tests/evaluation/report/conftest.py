"""Two pictures whose faces, detections and results are known by heart."""

import numpy as np
import pytest

from tfface.evaluation.report.faces import HEIGHT, PictureFaces, heights_of
from tfface.evaluation.report.judgement import judge
from tfface.evaluation.wider import overlaps


def picture_faces(boxes, counted, blur):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    return PictureFaces(
        boxes,
        np.array(counted, bool),
        lambda detections: overlaps(detections, boxes),
        {HEIGHT: heights_of(boxes), "blur": np.array(blur, int)},
    )


@pytest.fixture(scope="session")
def faces():
    """Faces 0 and 1 of a.jpg, 20 and 40 pixels high, and face 2, which does not count; face 3 of
    b.jpg, 100 pixels high and blurred."""
    return {
        "a.jpg": picture_faces(
            [[0, 0, 20, 20], [100, 0, 140, 40], [0, 100, 20, 120]],
            [True, True, False],
            [0, 0, 2],
        ),
        "b.jpg": picture_faces([[0, 0, 100, 100]], [True], [2]),
    }


@pytest.fixture(scope="session")
def predictions():
    return {
        "a.jpg": np.array(
            [
                [0, 0, 20, 20, 0.9],  # finds face 0
                [0, 0, 20, 21, 0.8],  # again
                [0, 100, 20, 120, 0.7],  # on face 2
                [120, 0, 160, 40, 0.5],  # beside face 1: 21 x 41 of 2 x 41 x 41 - 21 x 41, 0.34
                [200, 200, 300, 300, 0.4],  # nothing, 100 pixels high
            ]
        ),
        "b.jpg": np.array([[0, 0, 100, 100, 0.3]]),  # finds face 3
    }


@pytest.fixture(scope="session")
def judgement(predictions, faces):
    return judge(predictions, faces)


@pytest.fixture(scope="session")
def perfect(faces):
    """Of a detector that finds what is to be found, and nothing else."""
    found = {
        name: np.concatenate([entry.boxes, np.full((len(entry.boxes), 1), 0.99)], axis=1)
        for name, entry in faces.items()
    }
    return judge(found, faces)
