"""The size of the picture in a file as people see it, read without decoding where that can be."""

import re
from collections.abc import Mapping
from pathlib import Path

from tfface import jpeg
from tfface.headers import Size, claimed_size, png
from tfface.headers.fields import unpack
from tfface.image import ImageReadError, read_image

_EXIF: Mapping[bytes, re.Pattern[bytes]] = {
    jpeg.SIGNATURE: re.compile(rb"Exif\0\0(II\*\0|MM\0\*)"),
    png.SIGNATURE: re.compile(rb"eXIf(II\*\0|MM\0\*)"),
}
"""Where EXIF begins, by the first bytes of a file, in the formats whose header says the size that
is decoded; those of others may claim more than that (`claimed_size`)."""

_ORIENTATION = 0x0112
_ON_ITS_SIDE = range(5, 9)
"""Orientations that exchange width and height (CIPA DC-008, 4.6.4)."""

_MOST_BYTES = 1 << 26
"""A longer file is decoded, if it may be."""


def upright_size(path: Path) -> Size | None:
    """Width and height that a picture has when `read_image` reads it; None where it does not."""
    try:
        return _stated_size(path) or _decoded_size(path)
    except ImageReadError:
        return None


def _stated_size(path: Path) -> Size | None:
    """What the header of a JPEG or PNG file says; None of other files, and of damaged ones."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
        exif = next((each for start, each in _EXIF.items() if data.startswith(start)), None)
        if exif is None:
            return None
        width, height = claimed_size(data)
    except (OSError, ValueError):
        return None
    found = exif.search(data)
    is_on_its_side = found is not None and _orientation(data[found.start(1) :]) in _ON_ITS_SIDE
    return (height, width) if is_on_its_side else (width, height)


def _orientation(exif: bytes) -> int:
    """The orientation in EXIF; 1, upright, where it says none or is damaged."""
    order = "<" if exif.startswith(b"II") else ">"
    try:
        (start,) = unpack(order + "I", exif, 4)
        (count,) = unpack(order + "H", exif, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, _, _, value = unpack(order + "HHIH", exif, entry)
            if tag == _ORIENTATION:
                return value
    except IndexError:
        pass
    return 1


def _decoded_size(path: Path) -> Size:
    height, width = read_image(path).shape[:2]
    return width, height
