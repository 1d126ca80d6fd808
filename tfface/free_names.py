"""Names for copies: none takes the place of another copy, or of a file of the user."""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

_NUMBERED = re.compile(r"(.+)-[1-9]\d*\.png", re.DOTALL)
"""One of a series: its name, and its number."""

_LONGEST_STEM = 240


class FreeNames:
    """Gives every name once: a stem, with -2, -3, ... where that is taken.

    Taken is what was given before, and every file that is there, except copies of an earlier run:
    these are replaced. Names that differ in nothing but case are one, as in many file systems.

    Args:
        taken: files that stay as they are, whether they are there already or not.
        is_copy: whether a file that is there is a copy of an earlier run.
    """

    def __init__(self, taken: Iterable[Path], is_copy: Callable[[Path], bool]) -> None:
        self._is_copy = is_copy
        self._taken: set[str] = set()
        self._series: set[str] = set()
        self._numbered: set[str] = set()
        self._listed: set[str] = set()
        for path in taken:
            self._take(os.path.realpath(path))

    def single(self, folder: Path, stem: str, suffix: str) -> Path:
        """The path of a file in a folder; of all PNG files before the first series."""
        assert suffix != ".png" or not self._series
        return self._first(folder, stem, suffix, self._take_single)

    def series(self, folder: Path, stem: str) -> Path:
        """`NAME.png` in a folder, for files `NAME-1.png`, `NAME-2.png`, ... of any number."""
        self._list(folder)
        return self._first(folder, stem, ".png", self._take_series)

    def _first(
        self, folder: Path, stem: str, suffix: str, take: Callable[[Path, str], bool]
    ) -> Path:
        """The first name that can be taken."""
        real, stem = os.path.realpath(folder), _within_limits(stem)
        name, number = f"{stem}{suffix}", 1
        while not take(folder / name, os.path.join(real, name)):
            number += 1
            name = f"{stem}-{number}{suffix}"
        return folder / name

    def _take_single(self, path: Path, real: str) -> bool:
        is_free = self._is_copy(path) or not os.path.lexists(path)
        if not is_free or real.lower() in self._taken:
            return False
        self._take(real)
        return True

    def _take_series(self, path: Path, real: str) -> bool:
        series = real.removesuffix(".png").lower()
        if series in self._numbered or series in self._series:
            return False
        self._series.add(series)
        return True

    def _take(self, real: str) -> None:
        self._taken.add(real.lower())
        if series := _series_of(real):
            self._numbered.add(series)

    def _list(self, folder: Path) -> None:
        """Notes which series the files of a folder would be in the way of."""
        real = os.path.realpath(folder)
        if real in self._listed or not os.path.isdir(real):
            return
        self._listed.add(real)
        for name in os.listdir(real):
            path = os.path.join(real, name)
            if (series := _series_of(path)) and not self._is_copy(Path(path)):
                self._numbered.add(series)


def _series_of(real: str) -> str | None:
    """The series that a path is one of: the path without its number, as `FreeNames` compares it."""
    match = _NUMBERED.fullmatch(real.lower())
    return match[1] if match else None


def _within_limits(stem: str) -> str:
    """As much of a name as leaves room for a number and suffix within the 255 bytes of a file's.

    Whole characters, and bytes that are none: also a name that is no text stays what it is.
    """
    while len(os.fsencode(stem)) > _LONGEST_STEM:
        stem = stem[:-1]
    return stem
