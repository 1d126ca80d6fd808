"""tfface.predict.isolated: a model in a process of its own."""

import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from tfface.predict.face_detector import FaceDetector
from tfface.predict.isolated import IsolatedRuntime
from tfface.predict.runtime import ModelError


def with_red_at(x: int, y: int) -> np.ndarray:
    """A picture with a face to the tiny detectors."""
    image = np.zeros((40, 50, 3), np.uint8)
    image[y, x] = (255, 0, 0)
    return image


def test_the_same_faces_and_a_crash_is_an_error(tmp_path: Path, tflite_file: Path) -> None:
    image = with_red_at(20, 10)
    detector = FaceDetector.from_preset(tflite_file, isolated=True)
    runtime = detector._runtime
    assert isinstance(runtime, IsolatedRuntime)

    assert detector.detect(image).boxes.tolist() == [[20, 10, 21, 11]]
    assert runtime._process is not None
    os.kill(runtime._process.pid, signal.SIGSEGV)
    with pytest.raises(ModelError, match="one that ended its process by SIGSEGV"):
        detector.detect(image)
    assert detector.detect(image).boxes.tolist() == [[20, 10, 21, 11]]  # in another process

    os.kill(runtime._process.pid, signal.SIGSTOP)
    runtime._seconds = 0.2
    with pytest.raises(ModelError, match=r"an answer within 0\.2 seconds, got none"):
        detector.detect(image)
    runtime.close()


def test_what_is_refused_there_is_refused_here(tmp_path: Path) -> None:
    (tmp_path / "odd.tflite").write_bytes(b"\x1c\0\0\0TFL3 and no more")
    with pytest.raises(ModelError, match=r"odd\.tflite: expected a whole TFLite file"):
        FaceDetector.from_preset(tmp_path / "odd.tflite", isolated=True)


@pytest.mark.parametrize("step", ["send_bytes", "poll", "recv_bytes"])
def test_after_a_call_that_was_interrupted_faces_are_those_of_the_next_picture(
    tflite_file: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    detector = FaceDetector.from_preset(tflite_file, isolated=True)
    runtime = detector._runtime
    assert isinstance(runtime, IsolatedRuntime)
    done = getattr(runtime._connection, step)

    def interrupted(*arguments: object) -> None:
        done(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(runtime._connection, step, interrupted)
        detector.detect(with_red_at(20, 10))

    assert detector.detect(with_red_at(7, 5)).boxes.tolist() == [[7, 5, 8, 6]]
    runtime.close()


def test_a_model_that_is_refused_when_it_starts_again_is_so_every_time_until_it_is_back(
    tmp_path: Path, tflite_file: Path
) -> None:
    path, content = tmp_path / "a.tflite", tflite_file.read_bytes()
    path.write_bytes(content)
    runtime = IsolatedRuntime(str(path))
    runtime.close()

    path.unlink()
    for _ in range(2):
        with pytest.raises(ModelError, match="expected a preset"):
            runtime.run(with_red_at(20, 10)[:32, :32])
    path.write_bytes(content)
    assert FaceDetector(runtime).detect(with_red_at(7, 5)).boxes.tolist() == [[7, 5, 8, 6]]
    runtime.close()


def test_windows_is_told_that_it_cannot(tflite_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")

    with pytest.raises(ModelError, match="got Windows; load the model without that"):
        FaceDetector.from_preset(tflite_file, isolated=True)
