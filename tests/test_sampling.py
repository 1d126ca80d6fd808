"""Which anchors train."""

from typing import Any

import numpy as np
import pytest
from keras import ops

from tfface.sampling import annealed_ratio, hard_negatives, sampled_anchors


def chosen(losses, labels, ratio: float = 3.0, minimum: int = 1) -> list[list[int]]:
    """Indices of the chosen anchors, picture by picture."""
    mask = hard_negatives(
        np.array(losses, np.float32), np.array(labels, np.int32), ratio=ratio, minimum=minimum
    )
    return [np.flatnonzero(row).tolist() for row in np.asarray(mask)]


def test_three_negatives_for_each_positive_and_the_hardest_first() -> None:
    # One positive: three of the fifteen others. A quarter of sixteen is four, more than enough.
    losses = [0.05 * index for index in range(16)]
    labels = [1] + [0] * 15

    assert chosen([losses], [labels]) == [[13, 14, 15]]


def test_positive_and_ignored_anchors_are_never_chosen() -> None:
    losses = [9, 8, 7, 6, 5, 4, 3, 2]
    labels = [1, -1, 0, -1, 0, 0, 0, 0]

    assert chosen([losses], [labels], ratio=2) == [[2, 4]]


def test_a_picture_without_faces_has_its_minimum() -> None:
    losses = [0.1, 0.4, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1]

    assert chosen([losses], [[0] * 8], minimum=2) == [[1, 2]]


def test_pictures_are_sampled_apart() -> None:
    losses = [[4, 3, 2, 1, 0.5, 0.5, 0.5, 0.5], [1, 2, 3, 4, 0.5, 0.5, 0.5, 0.5]]
    labels = [[1, 0, 0, 0, 0, 0, 0, 0], [0] * 8]

    assert chosen(losses, labels, ratio=2) == [[1, 2], [3]]


def test_at_most_a_quarter_of_the_anchors() -> None:
    losses = [8, 7, 6, 5, 4, 3, 2, 1]
    labels = [1, 1, 0, 0, 0, 0, 0, 0]

    assert chosen([losses], [labels]) == [[2, 3]]


def test_of_equal_losses_all_are_taken() -> None:
    assert chosen([[1, 1, 1, 1]], [[0, 0, 0, 0]]) == [[0, 1, 2, 3]]


def test_a_negative_without_loss_teaches_nothing() -> None:
    assert chosen([[0, 0, 0, 0]], [[0, 0, 0, 0]]) == [[]]


def test_without_negatives_none_is_chosen() -> None:
    assert chosen([[3, 2, 1, 1]], [[1, 1, -1, -1]]) == [[]]


def test_the_ratio_may_be_a_tensor() -> None:
    losses = np.array([[9, 8, 7, 6, 5, 4, 3, 2]], np.float32)
    labels = np.array([[1, 0, 0, 0, 0, 0, 0, 0]], np.int32)

    mask = hard_negatives(losses, labels, ratio=ops.array(2.0), minimum=1)

    assert np.flatnonzero(np.asarray(mask)[0]).tolist() == [1, 2]


def sampled(sampling: Any) -> list[int]:
    """Indices of the anchors of one picture that train."""
    losses = np.array([[0.1, 9, 1, 8, 2, 7, 3, 4]], np.float32)
    labels = np.array([[1, -1, 0, -1, 0, 0, 0, 0]], np.int32)
    mask = sampled_anchors(sampling, losses, labels, ratio=2.0, minimum=1)
    return np.flatnonzero(np.asarray(mask)[0]).tolist()


def test_faces_train_beside_their_hard_negatives() -> None:
    # Two for the one positive: those with losses 7 and 4.
    assert sampled("hard_negatives") == [0, 5, 7]


def test_all_are_those_that_are_not_ignored() -> None:
    assert sampled("all") == [0, 2, 4, 5, 6, 7]


def test_another_sampling_is_refused() -> None:
    with pytest.raises(ValueError, match="the sampling hard_negatives or all, got 'none'"):
        sampled("none")


@pytest.mark.parametrize(
    ("step", "ratio"), [(0, 48.0), (50, 12.0), (75, 6.0), (100, 3.0), (5000, 3.0)]
)
def test_mining_becomes_harder_evenly_in_octaves(step: int, ratio: float) -> None:
    # From 48 to 3 are four octaves in 100 steps: half of them after 50, three after 75.
    annealed = annealed_ratio(ops.array(step), steps=100, first=48.0, last=3.0)

    assert float(annealed) == pytest.approx(ratio, rel=1e-5)


def test_without_steps_the_ratio_is_the_last_one() -> None:
    assert annealed_ratio(0, steps=0, first=48.0, last=3.0) == 3.0
