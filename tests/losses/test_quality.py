"""tfface.losses.quality: scores that learn how good a box is."""

import math

import numpy as np
import pytest
from keras import ops

from tfface.losses.quality import cross_entropy, quality_focal, varifocal

LOGIT = math.log(3.0)
"""Its score is 0.75; the cross entropies are -log 0.75 and -log 0.25."""


def value(loss) -> float:
    return float(ops.convert_to_numpy(loss)[0])


def of(quality: float) -> tuple[np.ndarray, np.ndarray]:
    return np.array([quality], np.float32), np.array([LOGIT], np.float32)


def test_cross_entropy_between_two_qualities_is_between_their_own() -> None:
    expected = -(0.4 * math.log(0.75) + 0.6 * math.log(0.25))
    assert value(cross_entropy(*of(0.4))) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("quality", [0.0, 0.25, 0.75, 1.0])
def test_quality_focal(quality: float) -> None:
    entropy = -(quality * math.log(0.75) + (1 - quality) * math.log(0.25))
    expected = (quality - 0.75) ** 2 * entropy
    assert value(quality_focal(*of(quality))) == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_varifocal_weights_faces_by_quality_and_background_by_score() -> None:
    # 0.6 times the cross entropy of 0.6; 0.75 * 0.75^2 times -log 0.25.
    entropy = -(0.6 * math.log(0.75) + 0.4 * math.log(0.25))
    assert value(varifocal(*of(0.6))) == pytest.approx(0.6 * entropy, rel=1e-4)
    assert value(varifocal(*of(0.0))) == pytest.approx(0.75**3 * -math.log(0.25), rel=1e-4)


@pytest.mark.parametrize("loss", [quality_focal, varifocal])
def test_finite_at_scores_of_0_and_1(loss) -> None:
    logits = np.array([-200, 200, -200, 200], np.float32)
    values = ops.convert_to_numpy(loss(np.array([0, 0, 1, 1], np.float32), logits))
    assert np.isfinite(values).all()
    assert values[[0, 3]] == pytest.approx(0, abs=1e-4)
