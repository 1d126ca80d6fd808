"""tfface.evaluation.false_alarms: boxes where there is no face."""

import numpy as np

from tfface.detections import Detections
from tfface.evaluation.false_alarms import FalseAlarms, count_false_alarms


class FindsBright:
    """Three boxes with scores of 0.9, 0.6 and 0.4 on every picture that is not black."""

    def detect(self, image, threshold, long_side):
        scores = np.array([0.9, 0.6, 0.4] if image.any() else [], np.float32)
        return Detections(np.zeros((len(scores), 4), np.float32), scores)


def test_boxes_a_picture_above_each_threshold() -> None:
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    kinds = [("cats", white), ("cats", black), ("dogs", white)]

    # Above 0.3, 0.5 and 0.7: three, two and one box; of cats on one picture of two.
    assert count_false_alarms(FindsBright(), kinds) == {
        "cats": FalseAlarms(2, [1.5, 1.0, 0.5]),
        "dogs": FalseAlarms(1, [3.0, 2.0, 1.0]),
    }
