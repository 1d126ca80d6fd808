"""A run that is broken off and started again ends as one that never stopped."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

import train.main
from tfface.detectors.loading import load_detector
from train.checkpoints import Checkpoints, SaveCheckpoint

REPOSITORY = Path(__file__).parents[2]


AT_THE_FIFTH_STEP = """
import itertools, os, runpy, shutil, signal
from train.checkpoints import SaveCheckpoint

steps = itertools.count(1)

def on_train_batch_begin(self, batch, logs=None):
    if next(steps) == 5:
        {action}

SaveCheckpoint.on_train_batch_begin = on_train_batch_begin
runpy.run_module("train.main", run_name="__main__", alter_sys=True)
"""
"""`python -m train.main` that does something in the third of twelve epochs, of two steps each."""


def run_training(
    output: Path,
    arguments: list[str],
    action: str = "",
    ends: int = 0,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """`python -m train.main`, as a user types it, or with an `action` at the fifth step."""
    command = ["-c", AT_THE_FIFTH_STEP.format(action=action)] if action else ["-m", "train.main"]
    process = subprocess.run(
        [sys.executable, *command, f"--output={output}", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "", **variables},
        text=True,
        stderr=subprocess.PIPE,
    )
    assert process.returncode == ends, process.stderr


def start(output: Path, arguments: list[str], **variables: str) -> subprocess.Popen[str]:
    """`python -m train.main`, as a user types it."""
    command = [sys.executable, "-m", "train.main", f"--output={output}", *arguments]
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": ""} | variables
    return subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, text=True, stderr=subprocess.PIPE
    )


def wait_for_checkpoint(process: subprocess.Popen[str], output: Path) -> int:
    """The step of the newest checkpoint, as soon as there is one."""
    checkpoints = Checkpoints(output / "checkpoints")
    while not checkpoints.steps():
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)
    return checkpoints.steps()[-1]


def assert_same_run(run: Path, expected: Path, read_curves) -> None:
    """Equal curves, without a gap or a step back, and equal weights, but for rounding."""
    curves = read_curves(run)
    for tag, points in read_curves(expected).items():
        assert list(curves[tag]) == list(points), tag
        assert curves[tag] == pytest.approx(points, rel=1e-3, abs=1e-6), tag
    weights, expected_weights = (
        load_detector(folder / "final.keras").get_weights() for folder in (run, expected)
    )
    for weight, expected_weight in zip(weights, expected_weights, strict=True):
        np.testing.assert_allclose(weight, expected_weight, rtol=1e-3, atol=1e-4)


def test_a_killed_run_goes_on_exactly(
    finished_run: Path, run_arguments: list[str], train_in, read_curves, tmp_path: Path
) -> None:
    output = tmp_path / "run"
    kill = "os.kill(os.getpid(), signal.SIGKILL)"
    run_training(output, run_arguments, kill, ends=-signal.SIGKILL)
    assert Checkpoints(output / "checkpoints").steps() == [2, 4]

    train_in(output)
    assert len(list((output / "tensorboard").iterdir())) == 2
    assert_same_run(output, finished_run, read_curves)
    best, expected = (json.loads((run / "best.json").read_text()) for run in (output, finished_run))
    assert best.pop("faces") == expected.pop("faces")
    assert best == pytest.approx(expected, rel=1e-3)


def test_a_run_that_is_told_to_stop_within_an_epoch_goes_on_exactly(
    finished_run: Path,
    run_arguments: list[str],
    make_flags,
    read_curves,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    output = tmp_path / "run"
    monkeypatch.setattr(train.main, "FLAGS", make_flags(f"--output={output}", *run_arguments))

    class Interrupting(SaveCheckpoint):
        """Presses Ctrl-C when 7 steps are done: 3 epochs of 2, and one more."""

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            if int(self.model.optimizer.iterations) == 7:
                signal.raise_signal(signal.SIGINT)
            super().on_train_batch_begin(batch, logs)

    with monkeypatch.context() as patch:
        patch.setattr(train.main, "SaveCheckpoint", Interrupting)
        with pytest.raises(SystemExit) as caught:
            train.main.main(["train.main"])
    assert caught.value.code == 130
    assert f"newest state is {output}/checkpoints/step-00000007" in capfd.readouterr().err
    assert Checkpoints(output / "checkpoints").steps() == [6, 7]
    assert not (output / "final.keras").exists()

    train.main.main(["train.main"])
    assert_same_run(output, finished_run, read_curves)


def test_a_run_that_is_terminated_saves_its_state(run_arguments: list[str], tmp_path: Path) -> None:
    """As `kill` does, and a machine that is taken away."""
    output = tmp_path / "run"
    longer = ["--steps=2400000", "--validate_every=1200000"]
    process = start(output, [*run_arguments, *longer])
    first = wait_for_checkpoint(process, output)
    process.terminate()
    _, errors = process.communicate()
    assert process.returncode == 143  # 128 + 15
    assert "Traceback" not in errors
    newest = Checkpoints(output / "checkpoints").newest()
    assert f"Stopped. The newest state is {newest}." in errors
    assert Checkpoints(output / "checkpoints").steps()[-1] >= first


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_jax_goes_on_exactly(run_arguments: list[str], read_curves, tmp_path: Path) -> None:
    """From a copy of the folder in the third epoch: that is what a kill would leave."""
    variables = {
        "KERAS_BACKEND": "jax",
        # Both runs compile the same step, and compiling takes longer than 24 of them.
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
    }
    whole, output = tmp_path / "whole", tmp_path / "run"
    copy = f"shutil.copytree({str(whole)!r}, {str(output)!r})"
    run_training(whole, run_arguments, copy, variables=variables)
    assert Checkpoints(output / "checkpoints").steps() == [2, 4]

    run_training(output, run_arguments, variables=variables)
    assert_same_run(output, whole, read_curves)
