"""Regression losses of boxes."""

import math
from functools import partial
from typing import Any, get_args

import keras
import numpy as np
import pytest
from scipy.special import huber

from tfface.boxes import decode
from tfface.losses.iou import iou_loss
from tfface.losses.regression import (
    RegressionLoss,
    least_square_iou,
    log_iou,
    regression_losses,
    smooth_l1,
)


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


def of_boxes(loss, box, target) -> float:
    return float(loss(np.array(box, np.float32), np.array(target, np.float32)))


def test_losses_of_the_overlap_by_hand() -> None:
    # Half of 4x4: an IoU of 0.5.
    box, target = [0, 0, 4, 2], [0, 0, 4, 4]
    assert of_boxes(least_square_iou, box, target) == pytest.approx(0.25)
    assert of_boxes(log_iou, box, target) == pytest.approx(math.log(2))


@pytest.mark.parametrize("box", [[8, 8, 9, 9], [4, 0, 8, 4], [2, 2, 2, 2], [3, 3, 1, 1]])
@pytest.mark.parametrize("loss", [least_square_iou, log_iou])
def test_what_does_not_touch_or_has_no_area_is_a_finite_loss(loss, box) -> None:
    target = [0, 0, 4, 4]
    assert np.isfinite(of_boxes(loss, box, target))
    assert of_boxes(loss, target, target) == pytest.approx(0, abs=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="takes a GradientTape")
@pytest.mark.parametrize("kind", get_args(RegressionLoss))
def test_gradients_are_finite_for_any_boxes(kind) -> None:
    import tensorflow as tf

    # Equal; beside; touching; 1e-9 of the width; as large as a decoded box may be.
    offsets = tf.constant(
        [[0, 0, 0, 0], [90, 0, 0, 0], [10, 0, 0, 0], [0, 0, -100, 0], [0, 0, 60, 60]], tf.float32
    )
    with tf.GradientTape() as tape:
        tape.watch(offsets)
        losses = regression_losses(kind, tf.zeros((5, 4)), offsets)
    assert np.isfinite(losses).all()
    assert np.isfinite(tape.gradient(losses, offsets)).all()


@pytest.mark.parametrize("kind", ["iou", "least_square_iou", "giou", "diou", "ciou", "eiou"])
def test_encoded_boxes_lose_what_the_boxes_do(kind) -> None:
    generator = np.random.default_rng(0)
    # 16 x 20 and 30 x 10 pixels.
    anchors = np.array([[10, 20, 26, 40], [5, 5, 35, 15]] * 25, np.float32)
    aspects = np.array([20 / 16, 10 / 30] * 25, np.float32)
    encoded, predicted = generator.normal(0, 1, (2, 50, 4)).astype(np.float32)
    boxes, faces = (np.asarray(decode(each, anchors)) for each in (predicted, encoded))
    plain: dict[str, Any] = {
        "iou": log_iou,
        "least_square_iou": least_square_iou,
        **{name: partial(iou_loss, kind=name) for name in ("giou", "diou", "ciou", "eiou")},
    }

    found = regression_losses(kind, encoded, predicted, aspects=aspects)

    np.testing.assert_allclose(found, plain[kind](boxes, faces), rtol=1e-3, atol=1e-4)


def test_smooth_l1_is_of_the_offsets() -> None:
    targets, predictions = np.zeros((1, 4), np.float32), np.ones((1, 4), np.float32)
    assert float(regression_losses("smooth_l1", targets, predictions)[0]) == 2.0


def test_another_loss_is_refused() -> None:
    unknown: Any = "l2"
    with pytest.raises(ValueError, match=r"a regression_loss of smooth_l1.*got 'l2'"):
        regression_losses(unknown, np.zeros((1, 4)), np.zeros((1, 4)))
