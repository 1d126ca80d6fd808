"""What TensorFlow and LiteRT print at every start, and that helps nobody.

They print it from C++, before a program can set their level of logging or, in LiteRT, where there
is no level to set. Among a dozen such lines the few that matter are lost.
"""

import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
"""The environment variable with TensorFlow's level of logging; where it is 0, every line stays."""

_NOTICES = (
    rb"WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR",
    rb"I\d{4} [\d:.]+ +\d+ \S+:\d+\] .*",  # level INFO, in the form of absl
    rb"To enable the following instructions: .*",  # the second line of one
    rb"W\d{4} [\d:.]+ +\d+ tf_tfl_flatbuffer_helpers\.cc:\d+\] Ignored .*",  # of the converter
    rb"INFO: Created TensorFlow Lite XNNPACK delegate for CPU\.",
)
_NO_GPU = (rb"E\d{4} [\d:.]+ +\d+ \S+:\d+\] failed call to cuInit: .*",)
"""Errors where there is an NVIDIA GPU, and notices where there is none."""

_STANDARD_ERROR = 2

_held = threading.Lock()


@contextmanager
def without_notices() -> Iterator[None]:
    """Keeps notices off the standard error while a library starts or works.

    Whatever else is written meanwhile, by any thread, follows when the block ends; where it raises,
    everything does. A block within another one, or beside it in another thread, is a part of that.
    Where there is no place for a file, the notices stay.
    """
    if os.environ.get(LEVEL) == "0" or not _held.acquire(blocking=False):
        yield
        return
    try:
        file = _open_file()
        if file is None:
            yield
            return
        with file:
            notices: re.Pattern[bytes] | None = None
            try:
                with _redirected(file.fileno()):
                    yield
                notices = _notices()
            finally:
                file.seek(0)
                _write(b"".join(line for line in file if not (notices and notices.match(line))))
    finally:
        _held.release()


def _open_file() -> BinaryIO | None:
    """A file for what is written meanwhile, which has no name; None where none can be made."""
    with suppress(AttributeError, OSError):  # in memory: of Linux, and it needs no room on a disk
        return os.fdopen(os.memfd_create("notices"), "w+b")
    with suppress(OSError):
        return tempfile.TemporaryFile()
    return None


def _notices() -> re.Pattern[bytes]:
    """Matches a line that is a notice on this machine."""
    kinds = _NOTICES if _has_gpu() else _NOTICES + _NO_GPU
    return re.compile(rb"(?:%s)\r?\n?\Z" % b"|".join(kinds))


def _has_gpu() -> bool:
    """Whether the system has an NVIDIA GPU, whatever TensorFlow can do with it."""
    devices = Path("/dev")
    return any(devices.glob("nvidia[0-9]*")) or (devices / "dxg").exists()  # dxg: in WSL


@contextmanager
def _redirected(target: int) -> Iterator[None]:
    """The file descriptor of the standard error stands for that of a file; C++ writes to it too."""
    try:
        kept = os.dup(_STANDARD_ERROR)
    except OSError:  # a program without a standard error
        yield
        return
    _flush()
    os.dup2(target, _STANDARD_ERROR)
    try:
        yield
    finally:
        _flush()
        os.dup2(kept, _STANDARD_ERROR)
        os.close(kept)


def _flush() -> None:
    if sys.stderr is not None:  # as in a program without a console
        sys.stderr.flush()


def _write(content: bytes) -> None:
    if content:
        with open(_STANDARD_ERROR, "wb", closefd=False) as file:
            file.write(content)
