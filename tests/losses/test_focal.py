"""tfface.losses.focal: the sigmoid focal loss and the scale-aware margin."""

import math

import numpy as np
import pytest
from keras import ops

from tfface.anchors import AnchorLevel
from tfface.losses.focal import mean_over_positives, scale_aware_margins, sigmoid_focal

LOGIT = math.log(3.0)
"""Its score is 0.75."""


def losses(labels, logits, **settings) -> np.ndarray:
    loss = sigmoid_focal(np.array(labels), np.array(logits, np.float32), **settings)
    return ops.convert_to_numpy(loss)


def test_a_face_and_background_by_hand() -> None:
    # -alpha (1 - p)^gamma log p, and the same with 1 - alpha, p and 1 - p in their place.
    face = -0.25 * 0.25**2 * math.log(0.75)
    background = -0.75 * 0.75**2 * math.log(0.25)
    np.testing.assert_allclose(losses([1, 0], [LOGIT, LOGIT]), [face, background], rtol=1e-4)


def test_without_focus_it_is_the_weighted_cross_entropy() -> None:
    found = losses([1, 0], [LOGIT, LOGIT], alpha=0.5, gamma=0.0)
    np.testing.assert_allclose(found, [-0.5 * math.log(0.75), -0.5 * math.log(0.25)], rtol=1e-4)


def test_it_is_that_of_a_loop_over_logits() -> None:
    generator = np.random.default_rng(0)
    labels, logits = generator.integers(-1, 2, 50), generator.normal(0, 4, 50)

    expected = []
    for label, logit in zip(labels, logits, strict=True):
        p = 1 / (1 + math.exp(-logit))
        p = p if label == 1 else 1 - p
        expected.append(-(0.25 if label == 1 else 0.75) * (1 - p) ** 2 * math.log(p))

    np.testing.assert_allclose(losses(labels, logits), expected, rtol=1e-3, atol=1e-6)


def test_finite_at_scores_of_0_and_1() -> None:
    found = losses([0, 0, 1, 1], [-200, 200, -200, 200])
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, [0, 150, 50, 0], atol=1e-3)


def test_the_margin_is_alpha_over_the_root_of_the_area() -> None:
    levels = (AnchorLevel(4, (8, 16), aspect=1.25), AnchorLevel(8, (30,), (2,)))

    margins = scale_aware_margins(levels, 4, 8, 15.0)

    # Two cells of two scales; then one cell of four anchors of 30 pixels.
    np.testing.assert_allclose(margins, [15 / 8, 15 / 16] * 2 + [0.5] * 4, rtol=1e-6)


def test_a_mean_over_positives_that_count() -> None:
    values = np.array([[1, 2, 4], [8, 16, 32]], np.float32)
    labels = np.array([[1, 0, -1], [1, 1, 0]])

    assert float(mean_over_positives(values, labels)) == pytest.approx((1 + 2 + 8 + 16 + 32) / 3)
    counts = np.array([[True, True, True], [False, True, False]])
    assert float(mean_over_positives(values, labels, counts)) == pytest.approx((1 + 2 + 16) / 2)
    assert float(mean_over_positives(values, np.zeros((2, 3), int))) == pytest.approx(63.0)
