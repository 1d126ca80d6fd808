"""What the command lines have in common."""

import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from tfface.files import STANDARD_OUTPUT, close_standard_output, full
from tfface.interrupts import terminated_like_interrupted
from tfface.pixel_limit import MAX_PIXELS, limited_pixels
from tfface.reasons import message_of, reason_of

FAILED = 1
"""Exit status of a command that could not do what it was asked; argparse ends with 2 where the
arguments make no sense."""

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


class CommandParser(ArgumentParser):
    """The parser of every command.

    Options may be written with dashes or underscores, and stand in files that `--flagfile` names,
    as those of `train.main` do: one a line, `#` before what is none.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_argument(
            "--flagfile", metavar="FILE", help="file with further options, one a line"
        )

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        try:
            given = list(from_flag_files(sys.argv[1:] if args is None else args))
        except ValueError as error:
            self.error(str(error))
        return super().parse_known_args(normalised(given), namespace)


def from_flag_files(arguments: Sequence[str], within: tuple[Path, ...] = ()) -> Iterator[str]:
    """`arguments`, with the lines of a file in the place of every `--flagfile=FILE`.

    Raises:
        ValueError: no file is named, or one cannot be read, names itself, or is not in UTF-8.
    """
    rest = iter(arguments)
    for text in rest:
        if text == "--":
            yield from (text, *rest)
            return
        name, equals, value = text.partition("=")
        if name != "--flagfile":
            yield text
            continue
        path = Path(value if equals else next(rest, "")).expanduser()
        if path == Path():
            raise ValueError("expected --flagfile=FILE, got no file")
        if path.resolve() in within:
            raise ValueError(f"expected flag files that end, got {path} within itself")
        lines = (line.strip() for line in _text_of(path).splitlines())
        options = [line for line in lines if line and not line.startswith("#")]
        yield from from_flag_files(options, (*within, path.resolve()))


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ValueError(
            f"expected a file of options for --flagfile, got {path}: {reason_of(error)}"
        ) from error
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: expected options in UTF-8, got other bytes: {error}; save it in that"
        ) from error


def run_command(
    parser: ArgumentParser,
    run: Callable[[Namespace], int | None],
    arguments: Sequence[str] | None = None,
    failed: int = FAILED,
) -> int:
    """Parses the arguments and runs a command; what a user or a disk did ends it with one line.

    Args:
        parser: of the command.
        run: does the work; returns the exit status, None for 0. It reads pictures within the limit
            of `add_pixel_option`, if the parser has that.
        arguments: by default those of the process.
        failed: exit status of a command that has another use for `FAILED`.

    Returns:
        The exit status: `failed` after an ImportError, OSError or ValueError of `run`, whose text
        is printed, `INTERRUPTED` after Ctrl-C or SIGTERM, 1 where nobody read the output on.
    """
    options = parser.parse_args(arguments)
    with limited_pixels(getattr(options, "max_pixels", MAX_PIXELS)):
        return exit_status(lambda: run(options), failed)


def exit_status(work: Callable[[], int | None], failed: int = FAILED) -> int:
    """What `run_command` does, once the command line is read."""
    try:
        with terminated_like_interrupted():
            status = work() or 0
            sys.stdout.flush()
            return status
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        close_standard_output()
        return 1
    except (ImportError, MemoryError, OSError, ValueError) as error:
        named = full(error, "standard output or a temporary file")  # files know their names
        print(f"error: {message_of(named or error)}", file=sys.stderr)
        if isinstance(error, OSError):
            close_standard_output()  # a full disk may be where it goes
        return failed


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
