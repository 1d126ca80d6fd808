"""tfface.predict.runtime: what all that runs detectors shares."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows does not fork")
@pytest.mark.parametrize("isolated", [False, True])
def test_a_fork_detects_also_while_a_thread_of_its_parent_does_and_so_does_that(
    tflite_file: Path, isolated: bool
) -> None:
    code = (
        "import os, sys, warnings, numpy, tfface\n"
        "warnings.simplefilter('ignore')\n"
        f"detector = tfface.FaceDetector.from_preset(sys.argv[1], isolated={isolated})\n"
        "image = numpy.zeros((64, 64, 3), numpy.uint8)\n"
        "detector.detect(image)\n"
        "detector._runtime._lock.acquire()  # as a thread that detects has\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    os._exit(7 if len(detector.detect(image)) == 0 else 1)\n"
        "detector._runtime._lock.release()\n"
        "assert len(detector.detect(image)) == 0\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    command = [sys.executable, "-c", code, str(tflite_file)]
    assert subprocess.run(command, timeout=120, check=False).returncode == 7
