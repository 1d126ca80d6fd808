"""tfface.predict.isolated: a model in a process of its own."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from tfface.predict.face_detector import FaceDetector
from tfface.predict.isolated import IsolatedRuntime
from tfface.predict.runtime import ModelError


def test_the_same_faces_and_a_crash_is_an_error(tmp_path: Path, tflite_file: Path) -> None:
    image = np.zeros((40, 50, 3), np.uint8)
    image[10, 20] = (255, 0, 0)
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
