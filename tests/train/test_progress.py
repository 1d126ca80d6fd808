"""train.progress: what a run tells, and when it stops."""

from pathlib import Path

import keras
import numpy as np
import pytest

from train.checkpoints import Checkpoints, SaveCheckpoint
from train.interruption import Interruption
from train.progress import Curves, NotFiniteLoss, Progress, StopWhenNotFinite
from train.schedules import make_schedule
from train.tensorboard import EventLog

STEPS_PER_EPOCH = 4


def fit(inputs: np.ndarray, callbacks: list, first_epoch: int = 0, rate=0.01) -> None:
    """Trains a small network, one row a step, from an epoch on."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(rate), loss="mse")
    model.optimizer.iterations.assign(first_epoch * STEPS_PER_EPOCH)
    rows = inputs[first_epoch * STEPS_PER_EPOCH :].astype(np.float32)[:, None]
    batches = ((row[None], np.zeros((1, 1), np.float32)) for row in rows)
    model.fit(
        batches,
        initial_epoch=first_epoch,
        epochs=len(inputs) // STEPS_PER_EPOCH,
        steps_per_epoch=STEPS_PER_EPOCH,
        callbacks=callbacks,
        shuffle=False,
        verbose=0,
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_the_first_loss_that_is_not_finite_stops_the_run(bad: float) -> None:
    inputs = np.ones(12)
    inputs[6:8] = bad
    with pytest.raises(NotFiniteLoss, match="The loss of step 6, or its gradient") as caught:
        fit(inputs, [StopWhenNotFinite()])
    assert caught.value.step == 6


def test_steps_are_those_of_the_whole_run() -> None:
    inputs = np.ones(12)
    inputs[9] = np.nan
    with pytest.raises(NotFiniteLoss) as caught:
        fit(inputs, [StopWhenNotFinite()], first_epoch=1)
    assert caught.value.step == 9


def test_the_spoilt_weights_are_not_saved(tmp_path: Path) -> None:
    inputs = np.ones(12)
    inputs[6] = np.nan
    checkpoints = Checkpoints(tmp_path)
    with pytest.raises(NotFiniteLoss):
        fit(inputs, [StopWhenNotFinite(), SaveCheckpoint(checkpoints, Interruption())])
    assert checkpoints.steps() == [4]


def test_a_run_with_finite_losses_goes_to_its_end() -> None:
    fit(np.ones(8), [StopWhenNotFinite()])


def test_the_bar_counts_the_steps_of_the_whole_run(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(first_step=4, steps=12)
    fit(np.ones(12), [progress], first_epoch=1)
    progress.close()
    assert (progress.bar.n, progress.bar.total) == (12, 12)
    assert "12/12" in capsys.readouterr().err


def test_curves_have_a_point_for_every_epoch(tmp_path: Path, read_curves) -> None:
    # A warm-up over 16 steps to 0.16: after n steps the rate is 0.01 * (n + 1).
    log = EventLog(tmp_path / "tensorboard")
    fit(np.ones(12), [Curves(log)], rate=make_schedule("piecewise", 0.16, 100, [], 16))
    log.close()
    curves = read_curves(tmp_path)
    assert sorted(curves) == ["train/learning_rate", "train/loss"]
    assert curves["train/learning_rate"] == pytest.approx({4: 0.05, 8: 0.09, 12: 0.13})
    assert curves["train/loss"][12] < curves["train/loss"][4]
