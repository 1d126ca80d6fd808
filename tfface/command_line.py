"""What the command lines have in common."""

import re
import signal
import sys
import threading
from argparse import ArgumentTypeError
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from tfface.files import STANDARD_OUTPUT
from tfface.predict.runtime import Size


def normalised(arguments: Sequence[str] | None = None) -> list[str]:
    """Arguments, by default those of the process, with `--long-side` written as `--long_side`.

    So every option may be given with dashes; what follows `=` or a lone `--` stays as it is.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    end = given.index("--") if "--" in given else len(given)
    return [re.sub(r"^--[^=]+", _with_underscores, text) for text in given[:end]] + given[end:]


def _with_underscores(option: re.Match[str]) -> str:
    return "--" + option[0].removeprefix("--").replace("-", "_")


def stream_beside(output: Path | None) -> TextIO:
    """Where to print what people read: standard output, if that is not where `output` goes."""
    return sys.stderr if output == STANDARD_OUTPUT else sys.stdout


@contextmanager
def terminated_like_interrupted() -> Iterator[None]:
    """Within the block, SIGTERM raises KeyboardInterrupt as Ctrl-C does.

    It changes nothing outside of the main thread, where Python takes no signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


def width_by_height(text: str) -> Size:
    """Height and width of `640x480`.

    Raises:
        ArgumentTypeError: not two whole numbers from 1 on.
    """
    match = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", text)
    if not match:
        raise ArgumentTypeError(f"expected a size such as 640x480 (width x height), got {text!r}")
    return int(match.group(2)), int(match.group(1))


def thread_counts(text: str) -> list[int]:
    """The numbers of `1,2`, each once.

    Raises:
        ArgumentTypeError: not whole numbers from 1 on with commas between them.
    """
    if not re.fullmatch(r"[1-9]\d*(,[1-9]\d*)*", text):
        raise ArgumentTypeError(f"expected thread counts of 1 or more such as 1,2, got {text!r}")
    return list(dict.fromkeys(map(int, text.split(","))))


def positive(text: str) -> int:
    """A whole number from 1 on.

    Raises:
        ArgumentTypeError: something else.
    """
    if not re.fullmatch(r"[1-9]\d*", text):
        raise ArgumentTypeError(f"expected a whole number of 1 or more, got {text!r}")
    return int(text)
