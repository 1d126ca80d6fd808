"""What the command lines have in common."""

import math
import re
import signal
import sys
import threading
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from tfface.files import STANDARD_OUTPUT, close_standard_output, full
from tfface.packaged import PRECISIONS
from tfface.pixel_limit import HELP, LARGEST_LIMIT, MAX_PIXELS, limited_pixels
from tfface.reasons import message_of, reason_of

if TYPE_CHECKING:  # It brings NumPy and OpenCV, and the list of presets needs neither.
    from tfface.predict.runtime import Size

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


@contextmanager
def noting_interrupts() -> Iterator[Callable[[], bool]]:
    """Yields a function that tells whether Ctrl-C or SIGTERM came within the block.

    The first does nothing else; the next is as it was before. Outside of the main thread, where
    Python takes no signals, none comes.
    """
    came = False
    if threading.current_thread() is not threading.main_thread():
        yield lambda: came
        return

    def note(number: int, frame: object) -> None:
        nonlocal came
        came = True
        restore()

    def restore() -> None:
        for number, handler in former.items():
            signal.signal(number, handler)

    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in former:
        signal.signal(number, note)
    try:
        yield lambda: came
    finally:
        restore()


def width_by_height(text: str) -> "Size":
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


def between(
    lowest: float, highest: float, kind: Callable[[str], float] = float
) -> Callable[[str], Any]:
    """The type of an option: a finite number from `lowest` to `highest`, of the type `kind`."""

    def parse(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            number = math.nan
        if not lowest <= number <= highest:
            name = "a whole number" if kind is int else "a number"
            raise ArgumentTypeError(f"expected {name} from {lowest} to {highest}, got {text!r}")
        return number

    return parse


def positive(text: str) -> int:
    """A whole number from 1 on.

    Raises:
        ArgumentTypeError: something else.
    """
    if not re.fullmatch(r"[1-9]\d*", text):
        raise ArgumentTypeError(f"expected a whole number of 1 or more, got {text!r}")
    return int(text)


def add_pixel_option(parser: ArgumentParser) -> None:
    """Adds `--max_pixels`, for commands that read the pictures of others."""
    parser.add_argument(
        "--max_pixels",
        type=between(1, LARGEST_LIMIT, int),
        default=MAX_PIXELS,
        metavar="PIXELS",
        help=f"{HELP} (default: %(default)s)",
    )


def add_precision_option(parser: ArgumentParser) -> None:
    """Adds `--precision`, which every command has that runs presets."""
    parser.add_argument(
        "--precision",
        default=PRECISIONS[0],
        help=f"of a preset: {', '.join(PRECISIONS)} (default: %(default)s)",
    )


def strategy_text(text: str) -> str:
    """A `--strategy`, checked: see `tfface.predict.strategy.parse_strategy`.

    Raises:
        ArgumentTypeError: it names none.
    """
    from tfface.predict.strategy import parse_strategy

    try:
        parse_strategy(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
    return text
