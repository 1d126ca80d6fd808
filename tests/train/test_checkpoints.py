"""train.checkpoints: states of a run on disk."""

from pathlib import Path

import keras
import numpy as np
import pytest

from train.checkpoints import Checkpoints, SaveCheckpoint

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


def test_a_state_of_another_network_is_refused(tmp_path: Path) -> None:
    model = compiled(units=3)
    train(model, 4)
    Checkpoints(tmp_path).save(model)
    with pytest.raises(ValueError, match=rf"{STEP_4} does not fit this run. Go on with the flags"):
        Checkpoints(tmp_path).restore(compiled(units=5))


def test_a_damaged_state_is_named(tmp_path: Path) -> None:
    (tmp_path / STEP_4).write_bytes(b"not HDF5")
    with pytest.raises(ValueError, match=f"{STEP_4} does not fit this run"):
        Checkpoints(tmp_path).restore(compiled())


def test_a_run_saves_at_the_end_of_every_epoch(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, keep=10)
    compiled().fit(
        np.zeros((6, 2), np.float32),
        np.zeros((6, 3), np.float32),
        batch_size=2,
        epochs=2,
        verbose=0,
        callbacks=[SaveCheckpoint(checkpoints)],
    )
    assert checkpoints.steps() == [3, 6]
