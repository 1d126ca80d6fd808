"""False alarms by kind of picture and score."""

import cv2
import numpy as np

from benchmarks.false_alarms import count, pictures
from benchmarks.nothing import NOTHING, SIZES
from tfface.detections import Detections


class FindsBright:
    """Three boxes with scores of 0.9, 0.6 and 0.4 on every picture that is not black."""

    def detect(self, image, threshold, long_side):
        scores = np.array([0.9, 0.6, 0.4] if image.any() else [], np.float32)
        return Detections(np.zeros((len(scores), 4), np.float32), scores)


def test_boxes_a_picture_above_each_threshold() -> None:
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    kinds = [("cats", white), ("cats", black), ("dogs", white)]

    # Above 0.3, 0.5 and 0.7: three, two and one box; of cats on one picture of two.
    assert count(FindsBright(), kinds, None) == {"cats": [1.5, 1.0, 0.5], "dogs": [3.0, 2.0, 1.0]}


def test_the_kind_is_the_beginning_of_the_name(tmp_path) -> None:
    for name in ("cats_1.png", "cats_2.png", "wall.png"):
        cv2.imwrite(str(tmp_path / name), np.zeros((4, 4, 3), np.uint8))

    kinds = [kind for kind, _ in pictures(tmp_path)]

    nothing = len(NOTHING) * len(SIZES)
    assert kinds == ["nothing"] * nothing + ["cats", "cats", "wall"]
