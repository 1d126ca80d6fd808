"""How a picture is searched: at one size, at several, or in tiles; as text and as views."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from tfface.predict.placement import LARGEST_SIDE
from tfface.predict.runtime import Size
from tfface.predict.view import View

FORMS = (
    "long_side=PIXELS, short_side=PIXELS, short_side=PIXELS:LARGEST_LONG_SIDE, scale=FACTOR, "
    "original, pyramid, pyramid=SIZE,SIZE,... (each pixels of the long side, or FACTORx), tiles, "
    "or tiles=PIXELS"
)
"""What `parse_strategy` reads."""

PYRAMID = "512,1024,1536"
"""Long sides of a pyramid of which no more is said."""

LARGEST_OF_PYRAMID, LARGEST_FACTOR = 3000, 2.0
"""Of a size in a pyramid: pixels of its long side, at most (group sampling, 5), and how much
larger than the picture it may be."""

TILE = 1024
OVERLAP = 0.25
"""Of tiles: their side, and the share of it that neighbours have in common. Faces of up to a
quarter of a tile are whole in one; larger ones are found in the whole picture."""

LongSide = Callable[[Size], int | None]
"""From height and width of a picture to the long side to search it at, as `place` takes it."""


class Strategy(Protocol):
    """How a picture is searched."""

    def views(self, picture: Size) -> list[View]:
        """The views of a picture of that height and width, whose faces are joined."""


@dataclass(frozen=True)
class OneSize:
    """The whole picture, once."""

    long_side: LongSide

    def views(self, picture: Size) -> list[View]:
        return [View(_all_of(picture), self.long_side(picture))]


@dataclass(frozen=True)
class Pyramid:
    """The whole picture at several sizes, each also mirrored."""

    long_sides: tuple[LongSide, ...]

    def views(self, picture: Size) -> list[View]:
        sides = {self._limited(long_side(picture), picture) for long_side in self.long_sides}
        return [
            View(_all_of(picture), side, mirrored)
            for side in sorted(sides)
            for mirrored in (False, True)
        ]

    @staticmethod
    def _limited(side: int | None, picture: Size) -> int:
        largest = min(LARGEST_OF_PYRAMID, round(LARGEST_FACTOR * max(picture)))
        return min(side or max(picture), largest)


@dataclass(frozen=True)
class Tiles:
    """Overlapping squares at the picture's own size, and the whole picture at the default size."""

    side: int = TILE

    def views(self, picture: Size) -> list[View]:
        height, width = picture
        whole = View(_all_of(picture), None)
        if max(picture) <= self.side:
            return [whole]
        return [
            whole,
            *(
                View((x, y, min(x + self.side, width), min(y + self.side, height)), 0)
                for y in _starts(height, self.side)
                for x in _starts(width, self.side)
            ),
        ]


@dataclass(frozen=True)
class Turned:
    """Another strategy, on the picture as it is and after each quarter turn."""

    strategy: Strategy

    def views(self, picture: Size) -> list[View]:
        views = self.strategy.views(picture)
        return [replace(view, turns=turns) for turns in range(4) for view in views]


def parse_strategy(text: str) -> Strategy:
    """The strategy that a text names, one of `FORMS`.

    Raises:
        ValueError: it names none, or a number is out of range.
    """
    name, _, value = text.partition("=")
    if text == "original":
        return OneSize(lambda picture: 0)
    if text == "tiles" or (name == "tiles" and _is_whole(value)):
        return Tiles(_pixels(value, text) if value else TILE)
    if text == "pyramid" or (name == "pyramid" and value):
        sizes = (value or PYRAMID).split(",")
        return Pyramid(tuple(_long_side(size, text) for size in sizes))
    if name == "long_side" and _is_whole(value):
        return OneSize(_long_side(value, text))
    if name == "scale":
        return OneSize(_long_side(f"{value}x", text))
    if name == "short_side":
        return OneSize(_short_side(value, text))
    raise _refused(text)


def _all_of(picture: Size) -> tuple[int, int, int, int]:
    return 0, 0, picture[1], picture[0]


def _starts(length: int, side: int) -> list[int]:
    """Where tiles begin along a side of the picture: evenly, the last one ends with it."""
    if length <= side:
        return [0]
    count = 1 + math.ceil((length - side) / (side * (1 - OVERLAP)))
    return [round(number * (length - side) / (count - 1)) for number in range(count)]


def _long_side(size: str, text: str) -> LongSide:
    """Of `640` or `1.5x`."""
    if not size.endswith("x"):
        pixels = _pixels(size, text)
        return lambda picture: pixels
    if not re.fullmatch(r"\d*\.?\d+x", size) or not 1 / 64 <= float(size[:-1]) <= 16:
        raise _refused(text)
    factor = float(size[:-1])
    return lambda picture: min(max(1, round(factor * max(picture))), LARGEST_SIDE)


def _short_side(value: str, text: str) -> LongSide:
    """Of `800` or `800:1333`."""
    shorter, colon, largest = value.partition(":")
    pixels, limit = _pixels(shorter, text), _pixels(largest, text) if colon else LARGEST_SIDE
    return lambda picture: min(max(1, round(pixels * max(picture) / min(picture))), limit)


def _is_whole(value: str) -> bool:
    return value.isascii() and value.isdecimal()


def _pixels(value: str, text: str) -> int:
    if not _is_whole(value) or len(value) > 6 or not 32 <= int(value) <= LARGEST_SIDE:
        raise _refused(text)
    return int(value)


def _refused(text: str) -> ValueError:
    return ValueError(
        f"expected a strategy of {FORMS}, with 32 to {LARGEST_SIDE} pixels and factors of 1/64 to "
        f"16, got {text!r}"
    )
