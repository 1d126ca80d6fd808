"""Flags in lists, such as that a face is ignored, in the ways that tools write them."""

_YES = ("true", "t", "yes", "y")
_NO = ("", "false", "f", "no", "n", "nan", "none", "null", "unspecified")


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
