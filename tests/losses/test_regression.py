"""Regression losses of boxes."""

import numpy as np
from scipy.special import huber

from tfface.losses.regression import smooth_l1


def test_losses_worked_out_by_hand() -> None:
    # Distances 0, 0.5, 1 and 3: 0 + 0.125 + 0.5 + 2.5.
    targets = np.zeros((1, 4), np.float32)
    predictions = np.array([[0, 0.5, -1, 3]], np.float32)

    np.testing.assert_allclose(smooth_l1(targets, predictions), [3.125])


def test_losses_are_those_of_scipy() -> None:
    generator = np.random.default_rng(0)
    targets, predictions = generator.normal(0, 2, (2, 3, 20, 4)).astype(np.float32)

    expected = huber(1.0, predictions - targets).sum(axis=-1)
    np.testing.assert_allclose(smooth_l1(targets, predictions), expected, rtol=1e-5)
