"""What the standard error keeps of what TensorFlow and LiteRT write there."""

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from tfface.predict import notices
from tfface.predict.notices import without_notices

ROOT = Path(__file__).parents[2]

# As TensorFlow 2.21 and LiteRT 2.3 print them.
NOTICES = (
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
    "I0000 00:00:1795632205.961938    5306 port.cc:153] oneDNN custom operations are on.",
    "I0000 00:00:1795632206.034710    5306 cpu_feature_guard.cc:227] This TensorFlow binary is",
    "To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow",
    "W0000 00:00:1795633609.166158   12622 tf_tfl_flatbuffer_helpers.cc:367] Ignored x.",
    "INFO: Created TensorFlow Lite XNNPACK delegate for CPU.",
)
NO_GPU = (
    "E0000 00:00:1795632210.923373    5306 cuda_platform.cc:52] failed call to cuInit: INTERNAL: "
    "CUDA error: Failed call to cuInit: UNKNOWN ERROR (303)"
)
OTHERS = (
    "W0000 00:00:1795632206.034710    5306 gpu_device.cc:2342] Cannot dlopen some GPU libraries.",
    "E0000 00:00:1795632206.034710    5306 cuda_dnn.cc:8310] Unable to register cuDNN factory",
    "F0000 00:00:1795632206.034710    5306 port.cc:1] The library was compiled to use AVX",
    "ERROR: something else, not INFO: Created TensorFlow Lite XNNPACK delegate for CPU.",
    "a line of the program",
)


@pytest.fixture(autouse=True)
def ordinary_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(notices.LEVEL, raising=False)


def write(*lines: str) -> None:
    """As C++ does: to the file descriptor."""
    for line in lines:
        os.write(2, f"{line}\n".encode())


def lines(capfd: pytest.CaptureFixture[str]) -> list[str]:
    return capfd.readouterr().err.splitlines()


def test_notices_are_left_out_and_all_else_stays_in_order(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "_has_gpu", lambda: False)
    with without_notices():
        write(OTHERS[0], *NOTICES, *OTHERS[1:], NO_GPU)
    assert lines(capfd) == list(OTHERS)


def test_cuda_that_fails_is_an_error_where_there_is_a_gpu(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "_has_gpu", lambda: True)
    with without_notices():
        write(NO_GPU)
    assert lines(capfd) == [NO_GPU]


def test_a_failure_shows_everything(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ImportError), without_notices():
        write(*NOTICES)
        raise ImportError
    assert lines(capfd) == list(NOTICES)


def test_whoever_asks_for_every_line_gets_it(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(notices.LEVEL, "0")
    with without_notices():
        write(*NOTICES)
    assert lines(capfd) == list(NOTICES)


@pytest.mark.parametrize("in_memory", [True, False])
def test_without_a_temporary_folder_the_work_is_done(
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    in_memory: bool,
) -> None:
    if in_memory and not hasattr(os, "memfd_create"):
        pytest.skip("the system has no files in memory")
    with monkeypatch.context() as patched, pytest.raises(ImportError):
        patched.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
        if not in_memory:  # then the notices stay
            patched.delattr(os, "memfd_create", raising=False)
        with without_notices():
            write(NOTICES[-1], OTHERS[-1])
        with without_notices():  # as before
            raise ImportError
    assert lines(capfd) == [NOTICES[-1], OTHERS[-1]][in_memory:]


def test_lines_without_an_end_and_bytes_that_are_no_text(capfdbinary) -> None:
    with without_notices():
        os.write(2, b"\xff\xfe half a line")
    assert capfdbinary.readouterr().err == b"\xff\xfe half a line"


def test_blocks_within_one_another_and_in_other_threads(capfd: pytest.CaptureFixture[str]) -> None:
    """The first one does the work; nothing waits, and nothing is lost."""

    def load() -> None:
        with without_notices():
            write(NOTICES[-1], "in a thread")

    with without_notices():
        load()
        thread = threading.Thread(target=load)
        thread.start()
        thread.join()
    write("afterwards")
    with without_notices():
        write(NOTICES[-1])
    assert lines(capfd) == ["in a thread", "in a thread", "afterwards"]


def test_a_program_without_a_standard_error() -> None:
    program = (
        "import os, sys\n"
        "from tfface.predict.notices import without_notices\n"
        "sys.stderr = None\n"
        "os.close(2)\n"
        "with without_notices(): print('works')\n"
    )
    process = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True)
    assert (process.returncode, process.stdout) == (0, b"works\n")


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(
            "import tfface; tfface.FaceBoxes\nimport tensorflow as tf; tf.constant(1.0)",
            id="TensorFlow",
        ),
        pytest.param(
            "import numpy as np, tfface\n"
            "detector = tfface.FaceDetector.from_preset('fbi-half')\n"
            "detector.detect(np.zeros((64, 64, 3), np.uint8))",
            id="LiteRT",
        ),
    ],
)
def test_the_libraries_themselves_say_nothing(program: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != notices.LEVEL}
    process = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert (process.returncode, process.stderr) == (0, "")
