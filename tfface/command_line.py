"""What the command lines have in common."""

import re
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from tfface.files import STANDARD_OUTPUT


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
