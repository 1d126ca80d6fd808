"""tfface.voting: boxes around a face agree on one."""

import numpy as np
import pytest

from tfface.voting import vote


def test_a_box_becomes_the_mean_of_those_around_it_by_their_scores() -> None:
    # The second overlaps the first by 9 of 11, the third by nothing: (0.6 * 0 + 0.2 * 1) / 0.8.
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]], np.float32)
    scores = np.array([0.6, 0.2, 0.9], np.float32)

    voted = vote(boxes, scores, np.array([2, 0]))

    expected = np.array([[50, 50, 60, 60], [0.25, 0, 10.25, 10]])
    np.testing.assert_allclose(voted, expected, atol=1e-6)


@pytest.mark.parametrize(("overlap", "right"), [(0.81, 10.5), (0.82, 10)])
def test_from_which_overlap_on_a_box_has_a_say(overlap: float, right: float) -> None:
    # 9 / 11 = 0.818.
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10]], np.float32)

    voted = vote(boxes, np.array([0.5, 0.5], np.float32), np.array([0]), overlap)

    assert voted[0, 2] == pytest.approx(right)


def test_a_box_without_area_stays() -> None:
    boxes = np.array([[5, 5, 5, 5], [5, 5, 5, 5]], np.float32)

    voted = vote(boxes, np.array([0.5, 0.4], np.float32), np.array([0]))

    assert voted.tolist() == [[5, 5, 5, 5]]


def test_nothing_kept() -> None:
    assert vote(np.zeros((0, 4)), np.zeros(0), np.zeros(0, int)).shape == (0, 4)
