"""Flags and scores of faces and sizes of pictures in lists, in the ways that tools write them."""

from typing import Any

_YES = ("true", "t", "yes", "y")
_NOTHING = ("", "nan", "none", "null", "unspecified")
_NO = (*_NOTHING, "false", "f", "no", "n")

_ROUNDING = 1e-6
"""In float32 a softmax may end so far above 1."""


def is_marked(value: object, place: object) -> bool:
    """Whether a flag is set: a number that is not 0, also as text, or a word.

    Tables that had a gap have 1.0 and nan for 1 and nothing.

    Args:
        value: as the list has it.
        place: where, for the message.

    Raises:
        ValueError: it is neither.
    """
    text = str(value).strip().lower()
    if text in _YES or text in _NO:
        return text in _YES
    try:
        return float(text) != 0
    except ValueError:
        raise ValueError(f"{place}: expected 0 or 1 as a flag, got {text!r}") from None


def score_of(value: object, place: object) -> float:
    """How sure a detector was of a face; 1 where nothing is said, as of a box that people drew.

    Args:
        value: as the list has it.
        place: where, for the message.

    Raises:
        ValueError: it is no number in 0..1.
    """
    text = str(value).strip().lower()
    if text in _NOTHING:
        return 1.0
    try:
        score = float(text)
    except ValueError:
        raise ValueError(f"{place}: expected a number as a score, got {text!r}") from None
    if not -_ROUNDING <= score <= 1 + _ROUNDING:
        raise ValueError(
            f"{place}: expected a score in 0..1, got {text!r}; divide percentages by 100"
        )
    return min(max(score, 0.0), 1.0)


def size_of(width: Any, height: Any) -> tuple[int, int] | None:
    """Width and height of a picture; None where they are not two numbers above 0.

    Tools that do not know the size write 0, or leave it out.
    """
    try:
        size = int(float(width)), int(float(height))
    except (ValueError, TypeError, OverflowError):
        return None
    return size if min(size) > 0 else None
