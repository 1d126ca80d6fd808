"""The loss of predicted masks."""

import math

import numpy as np
import pytest

from tfface.losses.mask import mask_cross_entropy


def loss_of(masks, logits, cells) -> float:
    return float(mask_cross_entropy(np.array(masks, np.int8), np.array(logits, np.float32), cells))


def test_cross_entropy_worked_out_by_hand() -> None:
    # Probabilities 0.9 and 0.2 of a face: -log 0.9 for the face, -log 0.8 for the background.
    logits = [[math.log(9), math.log(0.25)]]

    expected = (-math.log(0.9) - math.log(0.8)) / 2
    assert loss_of([[1, 0]], logits, [2]) == pytest.approx(expected)


def test_a_large_level_counts_as_much_as_a_small_one() -> None:
    # 100 cells with a loss of log 2, and one that is sure and wrong by 8 logits.
    logits = [[0.0] * 100 + [8.0]]

    expected = (math.log(2) + math.log1p(math.exp(8))) / 2
    assert loss_of([[0] * 101], logits, [100, 1]) == pytest.approx(expected)


def test_ignored_cells_do_not_count() -> None:
    assert loss_of([[1, -1, -1]], [[2.0, 30.0, -30.0]], [3]) == pytest.approx(
        math.log1p(math.exp(-2))
    )
    assert loss_of([[-1, -1]], [[9.0, -9.0]], [1, 1]) == 0.0


def test_a_batch_without_faces_is_finite_and_no_larger_than_another() -> None:
    without = loss_of([[0] * 1000], [[-3.0] * 1000], [1000])

    assert without == pytest.approx(math.log1p(math.exp(-3)), rel=1e-5)
