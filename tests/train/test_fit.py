"""train.fit: a run that stops at any step and goes on is the same as one that never stopped."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from train.checkpoints import Checkpoints, SaveCheckpoint
from train.fit import fit_from
from train.interruption import Interrupted, Interruption

STEPS, STEPS_PER_EPOCH = 12, 4


def usual() -> keras.optimizers.Optimizer:
    return keras.optimizers.SGD(0.1, momentum=0.9)


def accumulating() -> keras.optimizers.Optimizer:
    """One that takes two steps as one."""
    return keras.optimizers.SGD(0.1, momentum=0.9, gradient_accumulation_steps=2)


def skipping() -> keras.optimizers.Optimizer:
    """One that leaves out the first steps, until it has found a scale at which nothing is infinite:
    as where float16 is computed in."""
    return keras.optimizers.LossScaleOptimizer(usual(), initial_scale=2.0**127)


def compiled(make_optimizer: Callable = usual) -> keras.Model:
    """A small network, the same every time, with the optimiser of a run."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    model.compile(make_optimizer(), loss="mse")
    return model


def batches(step: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """One row a step, which depends on the step alone."""
    while True:
        numbers = np.random.default_rng(step).normal(size=5).astype(np.float32)
        yield numbers[None, :2], 8 * numbers[None, 2:]
        step += 1


class Watch(keras.callbacks.Callback):
    """Keeps the mean loss of every epoch, and sends a signal before one step of the run."""

    def __init__(self, first_step: int, signal_at: int | None = None):
        super().__init__()
        self.step, self.signal_at = first_step, signal_at
        self.losses: dict[int, float] = {}

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if self.step == self.signal_at:
            signal.raise_signal(signal.SIGINT)
        self.step += 1

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        assert self.step == STEPS_PER_EPOCH * (epoch + 1)
        self.losses[epoch] = logs["loss"]


def run(folder: Path, signal_at: int | None = None, make_optimizer: Callable = usual) -> tuple:
    """Goes on from the newest state, up to a signal or the end: model and losses by epoch."""
    model, checkpoints = compiled(make_optimizer), Checkpoints(folder)
    first_step = checkpoints.restore(model)
    watch = Watch(first_step, signal_at)
    done = first_step % STEPS_PER_EPOCH
    means = checkpoints.means(done) if done else None
    with Interruption() as interruption:
        callbacks = [watch, SaveCheckpoint(checkpoints, interruption)]
        try:
            fit_from(first_step, model, batches, STEPS, STEPS_PER_EPOCH, callbacks, means)
        except Interrupted:
            assert checkpoints.steps()[-1:] == [signal_at]
    return model, watch.losses


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple:
    return run(tmp_path_factory.mktemp("whole"))


# In the middle of an epoch, before its last step, and before the first one of the next.
@pytest.mark.parametrize("step", [2, 7, 8, 11])
def test_weights_and_losses_are_the_same_to_the_last_bit(
    whole: tuple, tmp_path: Path, step: int
) -> None:
    _, before = run(tmp_path, signal_at=step)
    model, after = run(tmp_path)
    assert before | after == whole[1]
    assert before.keys() & after.keys() == set()
    for variable, expected in zip(model.variables, whole[0].variables, strict=True):
        np.testing.assert_array_equal(np.asarray(variable), np.asarray(expected))
    for variable, expected in zip(
        model.optimizer.variables, whole[0].optimizer.variables, strict=True
    ):
        np.testing.assert_array_equal(np.asarray(variable), np.asarray(expected))


def test_a_run_may_stop_twice_in_an_epoch(whole: tuple, tmp_path: Path) -> None:
    run(tmp_path, signal_at=5)
    run(tmp_path, signal_at=6)
    _, losses = run(tmp_path)
    assert losses == {epoch: loss for epoch, loss in whole[1].items() if epoch > 0}


def test_a_run_that_is_finished_stays_as_it_is(whole: tuple, tmp_path: Path) -> None:
    run(tmp_path)
    model, losses = run(tmp_path)
    assert losses == {}
    assert int(model.optimizer.iterations) == STEPS


@pytest.mark.parametrize("make_optimizer", [accumulating, skipping])
def test_a_step_is_a_batch_whatever_the_optimiser_makes_of_it(
    tmp_path: Path, make_optimizer: Callable
) -> None:
    expected, losses = run(tmp_path / "whole", None, make_optimizer)
    assert 0 < int(expected.optimizer.iterations) < STEPS
    assert Checkpoints(tmp_path / "whole").steps() == [8, 12]

    _, nothing = run(tmp_path / "whole", None, make_optimizer)
    _, before = run(tmp_path / "parts", 7, make_optimizer)
    model, after = run(tmp_path / "parts", None, make_optimizer)

    assert nothing == {}
    assert before | after == losses
    for variable, same in zip(model.variables, expected.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(variable), np.asarray(same))


def test_a_state_of_an_older_release_that_counted_accumulated_steps_as_one(tmp_path: Path) -> None:
    model, _ = run(tmp_path / "new", None, accumulating)
    (tmp_path / "old").mkdir()
    model.save_weights(tmp_path / "old" / "step-00000006.weights.h5")

    assert Checkpoints(tmp_path / "old").restore(compiled(accumulating)) == STEPS


def test_epochs_of_another_length(whole: tuple, tmp_path: Path) -> None:
    """The weights do not know of epochs; the first mean is of those steps that are not done yet."""
    run(tmp_path, signal_at=8)
    checkpoints = Checkpoints(tmp_path)
    model = compiled()
    assert checkpoints.restore(model) == 8
    # 8 steps are an epoch of 6 and 2 steps more; the state ends an epoch of 4 steps.
    assert checkpoints.means(8 % 6) is None
    fit_from(8, model, batches, STEPS, 6, [])
    for variable, expected in zip(model.variables, whole[0].variables, strict=True):
        np.testing.assert_array_equal(np.asarray(variable), np.asarray(expected))
