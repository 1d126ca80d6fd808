"""train.checkpoints: states of a run on disk."""

import resource
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from train.checkpoints import Checkpoints, SaveCheckpoint, size_of_state
from train.interruption import Interruption
from train.progress import NotFiniteLoss

STEP_4 = "step-00000004.weights.h5"


def compiled(units: int = 3) -> keras.Model:
    """A small network with the optimiser of a run."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units)])
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), loss="mse")
    return model


def train(model: keras.Model, steps: int) -> None:
    for step in range(steps):
        inputs = np.full((1, 2), 0.1 * step, np.float32)
        model.train_on_batch(inputs, np.ones((1, model.output_shape[1]), np.float32))


def test_a_folder_without_states_leaves_the_model_as_it_is(tmp_path: Path) -> None:
    model = compiled()
    before = model.get_weights()
    assert Checkpoints(tmp_path / "missing").restore(model) == 0
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_weights_momentum_and_step_come_back(tmp_path: Path) -> None:
    model, other = compiled(), compiled()
    train(model, 4)
    Checkpoints(tmp_path).save(model)
    assert Checkpoints(tmp_path).restore(other) == 4
    assert int(other.optimizer.iterations) == 4
    for saved, restored in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(restored, saved)
    for saved, restored in zip(model.optimizer.variables, other.optimizer.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(restored), np.asarray(saved))
    assert any(np.any(np.asarray(momentum)) for momentum in other.optimizer.variables[2:])


def test_the_newest_state_is_restored_and_older_ones_are_deleted(tmp_path: Path) -> None:
    model, checkpoints = compiled(), Checkpoints(tmp_path, keep=2)
    for _ in range(3):
        train(model, 5)
        checkpoints.save(model)
    assert checkpoints.steps() == [10, 15]
    assert checkpoints.restore(compiled()) == 15


def test_steps_are_ordered_as_numbers(tmp_path: Path) -> None:
    for step in ("00000009", "99999999", "100000000"):
        (tmp_path / f"step-{step}.weights.h5").touch()
    assert Checkpoints(tmp_path).steps() == [9, 99999999, 100000000]


def test_other_files_are_no_states(tmp_path: Path) -> None:
    for name in ("step-4.txt", f".{STEP_4}.x", f"{STEP_4}.part", "final.weights.h5"):
        (tmp_path / name).touch()
    assert Checkpoints(tmp_path).steps() == []


def test_a_state_that_could_not_be_written_does_not_appear(tmp_path: Path, monkeypatch) -> None:
    model, checkpoints = compiled(), Checkpoints(tmp_path)
    train(model, 2)
    checkpoints.save(model)
    train(model, 2)

    def break_off(path: Path) -> None:
        Path(path).write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(model, "save_weights", break_off)
    with pytest.raises(OSError, match="disk full"):
        checkpoints.save(model)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000002.weights.h5"]


@pytest.mark.parametrize(
    "options",
    [{"use_ema": True}, {"gradient_accumulation_steps": 2}, {"momentum": 0.0}],
)
def test_a_state_of_another_optimiser_is_refused(tmp_path: Path, options: dict) -> None:
    model, checkpoints = compiled(), Checkpoints(tmp_path)
    train(model, 2)
    checkpoints.save(model)
    other = compiled()
    other.compile(keras.optimizers.SGD(**{"momentum": 0.9, **options}), "mse")

    with pytest.raises(ValueError, match="does not fit this run"):
        checkpoints.restore(other)


def test_a_state_of_another_network_is_refused(tmp_path: Path) -> None:
    model = compiled(units=3)
    train(model, 4)
    Checkpoints(tmp_path).save(model)
    with pytest.raises(ValueError, match=rf"{STEP_4} does not fit this run. Go on with the flags"):
        Checkpoints(tmp_path).restore(compiled(units=5))


def test_where_the_newest_state_is_damaged_the_one_before_is_taken(tmp_path: Path, caplog) -> None:
    model, other, checkpoints = compiled(), compiled(), Checkpoints(tmp_path)
    train(model, 2)
    checkpoints.save(model)
    weights = model.get_weights()
    train(model, 2)
    checkpoints.save(model)
    content = bytearray((tmp_path / STEP_4).read_bytes())
    content[len(content) // 2] ^= 1  # HDF5 does not notice
    (tmp_path / STEP_4).write_bytes(content)

    assert checkpoints.restore(other) == 2
    for saved, restored in zip(weights, other.get_weights(), strict=True):
        np.testing.assert_array_equal(restored, saved)
    assert f"{STEP_4} is damaged" in caplog.text
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "step-00000002.weights.h5",
        f"{STEP_4}.damaged",
    ]


def test_where_all_states_are_damaged_that_is_said(tmp_path: Path) -> None:
    (tmp_path / STEP_4).write_bytes(b"not HDF5")
    with pytest.raises(ValueError, match="All checkpoints in .* are damaged, and set aside"):
        Checkpoints(tmp_path).restore(compiled())


def test_a_state_without_space_is_an_error_before_hdf5_begins(tmp_path: Path, monkeypatch) -> None:
    """HDF5 ends the process where a disk is full."""
    model = compiled()
    train(model, 1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            Checkpoints(tmp_path).save(model)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_what_is_reserved_is_enough(tmp_path: Path) -> None:
    model = compiled(units=500)
    train(model, 1)
    Checkpoints(tmp_path).save(model)
    written = (tmp_path / "step-00000001.weights.h5").stat().st_size
    assert written <= size_of_state(model) < 3 * written


class Clock:
    """Tells the seconds that a test sets; a number of them passes at every look."""

    def __init__(self, look: float = 0.0) -> None:
        self.now, self.look = 0.0, look

    def __call__(self) -> float:
        self.now += self.look
        return self.now


class Passing(keras.callbacks.Callback):
    """Lets the clock run on before every step."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        super().__init__()
        self.clock, self.seconds = clock, seconds

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.clock.now += self.seconds


def run(checkpoints: Checkpoints, clock: Clock, seconds: float, targets: Any = 0.0) -> None:
    """Two epochs of five steps, so many seconds before each."""
    compiled().fit(
        np.zeros((10, 2), np.float32),
        np.full((10, 3), targets, np.float32),
        batch_size=2,
        epochs=2,
        verbose=0,
        shuffle=False,
        callbacks=[Passing(clock, seconds), SaveCheckpoint(checkpoints, Interruption(), clock)],
    )


def test_a_run_saves_at_the_end_of_every_epoch(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, keep=10)
    run(checkpoints, Clock(), seconds=1)
    assert checkpoints.steps() == [5, 10]


def test_within_an_epoch_a_run_saves_every_minute(tmp_path: Path) -> None:
    # Steps of 25 seconds begin at 25, 50, 75 (2 done: saved), 100, 125, and the epoch ends at 125:
    # saved. The next ones begin at 150, 175, 200 (7 done: saved), 225, 250.
    checkpoints = Checkpoints(tmp_path, keep=10)
    run(checkpoints, Clock(), seconds=25)
    assert checkpoints.steps() == [2, 5, 7, 10]


def test_a_state_that_takes_long_to_save_is_saved_less_often(tmp_path: Path) -> None:
    # Saving takes 10 seconds, from one look at the clock to the next: 50 times 10 must pass.
    checkpoints = Checkpoints(tmp_path, keep=10)
    clock = Clock()
    saver = SaveCheckpoint(checkpoints, Interruption(), clock)
    model = compiled()
    train(model, 1)
    saver.set_model(model)
    clock.look = 10.0
    saver.on_epoch_end(0)
    clock.look, finished = 0.0, clock.now
    train(model, 1)
    for later, steps in ((61, [1]), (499, [1]), (501, [1, 2])):
        clock.now = finished + later
        saver.on_train_batch_begin(1)
        assert checkpoints.steps() == steps, later


def test_before_the_first_step_of_an_epoch_there_is_nothing_to_save(tmp_path: Path) -> None:
    clock, checkpoints = Clock(), Checkpoints(tmp_path)
    saver = SaveCheckpoint(checkpoints, Interruption(), clock)
    saver.set_model(compiled())
    clock.now = 1000.0
    saver.on_train_batch_begin(0)
    assert checkpoints.steps() == []


def test_within_an_epoch_spoilt_weights_are_not_saved(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, keep=10)
    targets = np.zeros((10, 3))
    targets[2] = np.inf  # of the second step
    with pytest.raises(NotFiniteLoss):
        run(checkpoints, Clock(), seconds=61, targets=targets)
    assert checkpoints.steps() == [1]


def test_weights_that_a_gradient_has_spoilt_after_a_finite_loss_are_not_saved(
    tmp_path: Path,
) -> None:
    model, checkpoints, clock = compiled(), Checkpoints(tmp_path), Clock()
    train(model, 1)
    saver = SaveCheckpoint(checkpoints, Interruption(), clock)
    saver.set_model(model)
    model.trainable_variables[0].assign(np.full_like(model.trainable_variables[0], np.nan))
    clock.now = 1000.0

    saver.on_train_batch_begin(1)
    with pytest.raises(NotFiniteLoss, match="The loss of step 0, or its gradient, is not finite"):
        saver.on_epoch_end(0)

    assert checkpoints.steps() == []


def test_a_state_has_the_means_of_an_epoch_that_goes_on(tmp_path: Path) -> None:
    model, checkpoints = compiled(), Checkpoints(tmp_path)
    train(model, 4)
    checkpoints.save(model)
    # `train_on_batch` begins the mean anew at every step: it is of one row.
    means = checkpoints.means(steps=1)
    assert means is not None
    np.testing.assert_array_equal(means, [np.asarray(v) for v in model.metrics_variables])
    assert means[1] == 1
    assert checkpoints.means(steps=4) is None


def test_a_state_of_an_older_release_has_no_means(tmp_path: Path) -> None:
    model, checkpoints = compiled(), Checkpoints(tmp_path)
    train(model, 4)
    model.save_weights(tmp_path / STEP_4)
    assert checkpoints.means(steps=4) is None
    assert checkpoints.restore(compiled()) == 4
