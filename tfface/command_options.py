"""Types of options that several commands have, and some of the options."""

import math
import re
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tfface.packaged import PRECISIONS
from tfface.pixel_limit import HELP, LARGEST_LIMIT, MAX_PIXELS

if TYPE_CHECKING:  # It brings NumPy and OpenCV, and the list of presets needs neither.
    from tfface.predict.runtime import Size


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
