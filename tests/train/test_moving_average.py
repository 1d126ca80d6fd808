"""The moving average of the weights: what is validated and saved."""

from pathlib import Path

import keras
import numpy as np
import pytest

from tfface.layers.batch_normalization import BatchNormalization
from train.checkpoints import Checkpoints
from train.models import compile_model, make_detector
from train.moving_average import averaged_weights, slow_statistics


def model_of_one_weight(momentum: float) -> keras.Model:
    """y = w x with w = 0, trained by steps of w <- w + 1: the gradient is always -1."""
    inputs = keras.Input((1,))
    outputs = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")(inputs)
    model = keras.Model(inputs, outputs)
    optimizer = keras.optimizers.SGD(1.0, use_ema=momentum > 0, ema_momentum=momentum)
    model.compile(optimizer=optimizer)
    optimizer.build(model.trainable_variables)
    return model


def step(model: keras.Model) -> None:
    model.optimizer.apply([-np.ones((1, 1), np.float32)], model.trainable_variables)


def weight(model: keras.Model) -> float:
    return float(model.get_weights()[0][0, 0])


def test_within_the_block_the_weights_are_averages_and_after_it_their_own() -> None:
    model = model_of_one_weight(momentum=0.5)
    for _ in range(3):
        step(model)

    # Weights of 1, 2 and 3: 1, then (1 + 2) / 2 = 1.5, then (1.5 + 3) / 2 = 2.25.
    with averaged_weights(model):
        assert weight(model) == 2.25
    assert weight(model) == 3.0
    step(model)
    with averaged_weights(model):
        assert weight(model) == 3.125  # (2.25 + 4) / 2


def test_without_an_average_nothing_changes() -> None:
    model = model_of_one_weight(momentum=0.0)
    step(model)

    with averaged_weights(model):
        assert weight(model) == 1.0
    assert weight(model) == 1.0


def test_statistics_move_no_faster_than_the_averages() -> None:
    fast, slow = BatchNormalization(momentum=0.9), BatchNormalization(momentum=0.999)
    model = keras.Sequential([keras.Input((4, 4, 1)), fast, slow])

    slow_statistics(model, 0.99)
    model(np.full((1, 4, 4, 1), 100.0, np.float32), training=True)

    assert slow.momentum == 0.999
    # 1 % of the way from 0 to the mean of the batch.
    assert float(fast.moving_mean[0]) == pytest.approx(1.0, rel=1e-5)


def test_without_averages_statistics_move_as_they_did() -> None:
    layer = BatchNormalization(momentum=0.9)

    slow_statistics(keras.Sequential([keras.Input((4, 4, 1)), layer]), 0.0)

    assert layer.momentum == 0.9


def test_the_final_weights_are_the_averages_of_the_last_state(
    finished_run: Path, run_arguments, make_flags, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = make_flags(f"--output={finished_run}", *run_arguments)

    final = keras.models.load_model(finished_run / "final.keras", compile=False)
    model = make_detector(flags)
    compile_model(model, flags)
    assert Checkpoints(finished_run / "checkpoints").restore(model) == 24

    own = [np.array(weights) for weights in model.get_weights()]
    with averaged_weights(model):
        averages = model.get_weights()

    for saved, average in zip(final.get_weights(), averages, strict=True):
        np.testing.assert_array_equal(saved, average)
    assert any(np.any(a != b) for a, b in zip(own, averages, strict=True))
