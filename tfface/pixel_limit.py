"""How many pixels a picture may claim: what claims more is refused before memory is spent on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

MAX_PIXELS = 160_000_000
"""The most pixels of a picture that is read: more than the largest sensors of cameras have (151
million); half a gigabyte as RGB."""

LARGEST_LIMIT = 1 << 40

HELP = "refuse larger pictures before memory is spent on them"
"""Of the option `--max_pixels` of commands that read the pictures of others."""

_limit = ContextVar("max_pixels", default=MAX_PIXELS)


def pixel_limit() -> int:
    """The limit where nothing else is said: `MAX_PIXELS`, or that of the block around the call."""
    return _limit.get()


@contextmanager
def limited_pixels(max_pixels: int) -> Iterator[None]:
    """Within the block, what reads pictures takes those of up to `max_pixels`.

    For what reads pictures further down than a caller can say so. It is that of the thread alone.
    """
    token = _limit.set(max_pixels)
    try:
        yield
    finally:
        _limit.reset(token)
