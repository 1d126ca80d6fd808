"""convert.parity: comparing a file with its detector."""

import numpy as np
import pytest

from convert.parity import Parity, ParityError, Tolerance, compare
from tfface.predict.selection import Selection

IMAGE = np.zeros((50, 100, 3), np.uint8)


class Finds:
    """Stands for a detector and for a runtime: finds the same boxes in every picture."""

    def __init__(self, boxes, scores, fixed_size=None):
        self.fixed_size = fixed_size
        self.shapes = []
        self.faces = np.array(boxes, np.float32).reshape(-1, 4), np.array(scores, np.float32)

    def predict_boxes(self, image, score_threshold, iou_threshold, candidates, max_detections):
        return tuple(values[:max_detections] for values in self.faces)

    def run(self, image):
        self.shapes.append(image.shape)
        return self.faces


def test_differences_of_detections_in_both_wherever_they_stand():
    detector = Finds([[0, 0, 10, 10], [20, 20, 40, 40]], [0.9, 0.8])
    file = Finds([[20, 20, 40, 40.5], [0, 0, 10, 10]], [0.85, 0.84])

    parity = compare(file, detector, [IMAGE, IMAGE], Selection())

    assert (parity.pictures, parity.matched, parity.unmatched) == (2, 4, 0)
    assert parity.score_difference == pytest.approx(0.06)  # |0.9 - 0.84|
    assert parity.box_difference == pytest.approx(0.5)


def test_detections_that_one_of_them_has():
    detector = Finds([[0, 0, 10, 10], [20, 20, 40, 40]], [0.9, 0.8])
    file = Finds([[0, 0, 10, 10], [60, 20, 80, 40], [0, 0, 10, 9.9]], [0.9, 0.8, 0.7])

    parity = compare(file, detector, [IMAGE], Selection())

    assert (parity.matched, parity.unmatched) == (1, 3)


def test_a_detection_at_the_threshold_may_be_missing():
    detector = Finds([[0, 0, 10, 10], [20, 20, 40, 40]], [0.9, 0.02005])
    file = Finds([[0, 0, 10, 10], [60, 20, 80, 40]], [0.9, 0.0202])

    parity = compare(file, detector, [IMAGE], Selection(score_threshold=0.02))

    assert (parity.matched, parity.unmatched) == (1, 1)  # 0.0202 is above


def test_boxes_are_cut_to_the_picture_and_those_outside_do_not_count():
    detector = Finds([[-5, -5, 10, 10], [120, 10, 150, 40]], [0.9, 0.8])
    file = Finds([[0, 0, 10, 10], [100, 10, 100, 40]], [0.9, 0.8])

    parity = compare(file, detector, [IMAGE], Selection())

    assert (parity.matched, parity.unmatched, parity.box_difference) == (1, 0, 0)


def test_a_file_of_one_size_gets_pictures_of_that_size():
    file = Finds([[0, 0, 10, 10]], [0.9], fixed_size=(64, 64))

    compare(file, Finds([[0, 0, 10, 10]], [0.9]), [IMAGE], Selection())

    assert file.shapes == [(64, 64, 3)]


def test_what_is_within_tolerance_passes():
    Parity(1, 98, 2, 1e-3, 0.1, 5).check(Tolerance(score=1e-3, box=0.1, unmatched=0.02))


@pytest.mark.parametrize(
    "parity",
    [
        Parity(1, 100, 0, 2e-3, 0.0, 5),
        Parity(1, 100, 0, 0.0, 0.2, 5),
        Parity(1, 97, 3, 0.0, 0.0, 5),
        Parity(1, 100, 0, float("nan"), 0.0, 5),
    ],
)
def test_what_is_above_does_not(parity):
    with pytest.raises(ParityError, match=r"scores within 0\.001, boxes within 0\.1 pixels"):
        parity.check(Tolerance())


def test_nothing_to_compare_proves_nothing():
    with pytest.raises(ParityError, match="faces to compare in 3 pictures, got none"):
        Parity(3, 0, 0, 0.0, 0.0, 0).check(Tolerance())


def test_a_coarse_file_is_compared_on_the_faces_that_anyone_would_draw():
    detector = Finds([[0, 0, 10, 10], [20, 20, 40, 40], [60, 20, 80, 40]], [0.9, 0.25, 0.2])
    file = Finds([[0, 0, 10, 12], [20, 20, 40, 40]], [0.85, 0.1])
    tolerance = Tolerance(score=0.1, box=3.0, unmatched=0.0, iou=0.7, sure_score=0.3)

    parity = compare(file, detector, [IMAGE], Selection(), tolerance)

    # The first ones overlap by 100 / 120. Neither the pair at 0.25 and 0.1, which is one detection
    # with a large difference of scores, nor the one at 0.2, which the file lacks, is sure.
    assert (parity.matched, parity.unmatched) == (1, 0)
    assert parity.score_difference == pytest.approx(0.05)
    parity.check(tolerance)


def test_the_message_tells_faces_from_the_many_boxes_that_are_compared():
    """A file keeps every box above 0.02; two of these are faces to anyone who looks."""
    scores = [0.9, 0.51, 0.49, 0.1, 0.03]
    boxes = [[20 * i, 0, 20 * i + 10, 10] for i in range(5)]
    detector = Finds([*boxes, [0, 30, 10, 40]], [*scores, 0.03])

    message = str(compare(Finds(boxes, scores), detector, [IMAGE, IMAGE], Selection()))

    # twice 2 of 6 boxes, of which the detector alone has the last
    assert message == (
        "2 pictures, 4 faces (score above 0.5) found by both; of all 12 boxes compared 2 are in "
        "one only; largest differences: score 0.0e+00, box 0.0e+00 pixels"
    )
