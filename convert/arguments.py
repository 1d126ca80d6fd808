"""Sizes and thread counts as they stand on a command line; for the `type` of argparse."""

import re
from argparse import ArgumentTypeError

from tfface.predict.runtime import Size


def height_by_width(text: str) -> Size:
    """Height and width of `480x640`.

    Raises:
        ArgumentTypeError: not two whole numbers from 1 on.
    """
    height, width = _sides(text, "480x640 (height x width)")
    return height, width


def width_by_height(text: str) -> Size:
    """Height and width of `640x480`.

    Raises:
        ArgumentTypeError: not two whole numbers from 1 on.
    """
    width, height = _sides(text, "640x480 (width x height)")
    return height, width


def _sides(text: str, example: str) -> tuple[int, int]:
    match = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", text)
    if not match:
        raise ArgumentTypeError(f"expected a size such as {example}, got {text!r}")
    return int(match.group(1)), int(match.group(2))


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
