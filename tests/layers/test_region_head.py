"""The head of Fast R-CNN: two layers, a score and four offsets."""

import math

import numpy as np
import pytest

from tfface.layers.region_head import RegionHead


def built(units: int, channels: int = 2) -> RegionHead:
    """For regions of 2x2 cells."""
    head = RegionHead(units)
    head.build((None, 2, 2, channels))
    return head


def test_logits_and_offsets_worked_out_by_hand() -> None:
    # A region of one channel has 1, 2, 3 and 4. The first layer adds them up, 10, and takes 10 from
    # half of that, -5, of which ReLU leaves 0; the second gives 10 + 1 and 2 * 0 + 3.
    head = built(units=2, channels=1)
    first, second = head.hidden
    first.set_weights([np.array([[1, 0.5]] * 4), np.array([0, -10])])
    second.set_weights([np.array([[1, 0], [0, 2]]), np.array([1, 3])])
    head.classifier.set_weights([np.array([[1], [-2]]), np.array([0.5])])
    head.regressor.set_weights([np.array([[1, 0, 0, 2], [0, 1, 0, 2]]), np.array([0, 0, 7, 0])])

    logits, offsets = head(np.arange(1, 5, dtype=np.float32).reshape(1, 2, 2, 1))

    # 11 - 2 * 3 + 0.5; and 11, 3, 7, 2 * 11 + 2 * 3.
    np.testing.assert_allclose(logits, [5.5])
    np.testing.assert_allclose(offsets, [[11, 3, 7, 28]])


def test_every_region_is_judged_by_itself() -> None:
    head = built(units=4)
    regions = np.random.default_rng(0).normal(size=(3, 2, 2, 2)).astype(np.float32)

    logits, offsets = head(regions)

    assert (logits.shape, offsets.shape) == ((3,), (3, 4))
    for index, region in enumerate(regions):
        logit, offset = head(region[None])
        np.testing.assert_allclose(logit[0], logits[index], atol=1e-5)
        np.testing.assert_allclose(offset[0], offsets[index], atol=1e-5)


def test_of_no_region_there_is_nothing() -> None:
    logits, offsets = built(units=4)(np.zeros((0, 2, 2, 2), np.float32))

    assert (logits.shape, offsets.shape) == ((0,), (0, 4))


def test_before_training_a_face_is_as_rare_as_the_prior() -> None:
    logits, _ = built(units=4)(np.zeros((1, 2, 2, 2), np.float32))

    assert 1 / (1 + math.exp(-float(logits[0]))) == pytest.approx(0.01)


def test_parameters_and_configuration() -> None:
    head = built(units=4)

    # 2x2 cells of 2 channels to 4 units, to 4, then to 1 and to 4, with biases.
    assert head.count_params() == (8 * 4 + 4) + (4 * 4 + 4) + (4 + 1) + (4 * 4 + 4)
    assert RegionHead.from_config(head.get_config()).get_config() == head.get_config()
