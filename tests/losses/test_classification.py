"""Classification losses of anchors."""

import math

import numpy as np
import pytest
from scipy.special import log_softmax

from tfface.losses.classification import softmax_cross_entropy


def test_losses_worked_out_by_hand() -> None:
    # Equal logits: log 2. A face that is said to be background with e^2 : 1 is log(1 + e^2).
    labels = np.array([1, 0, 1])
    logits = np.array([[0, 0], [3, 3], [2, 0]], np.float32)

    expected = [math.log(2), math.log(2), math.log(1 + math.e**2)]
    np.testing.assert_allclose(softmax_cross_entropy(labels, logits), expected, rtol=1e-6)


def test_losses_are_those_of_scipy() -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 5, (2, 50, 2)).astype(np.float32)
    labels = generator.integers(0, 2, (2, 50))

    expected = -np.take_along_axis(log_softmax(logits, axis=-1), labels[..., None], axis=-1)[..., 0]
    np.testing.assert_allclose(softmax_cross_entropy(labels, logits), expected, atol=1e-5)


def test_large_logits_stay_finite() -> None:
    losses = softmax_cross_entropy(np.array([1, 1]), np.array([[1e4, 0], [0, 1e4]], np.float32))

    np.testing.assert_allclose(losses, [1e4, 0])


def test_ignored_anchors_count_as_background() -> None:
    logits = np.array([[0.0, 2.0]], np.float32)

    ignored, background = (
        float(softmax_cross_entropy(np.array([label]), logits)[0]) for label in (-1, 0)
    )
    assert ignored == pytest.approx(background)
