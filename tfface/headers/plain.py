"""Formats whose size stands in fixed places or in words: GIF, BMP, Sun raster, Radiance, Netpbm."""

import re

from tfface.headers.fields import equivalent, largest, unpack

_SPACE = rb"(?:\s|#[^\r\n]*[\r\n])+"
_MAP = re.compile(rb"P[1-6Ff]" + _SPACE + rb"(\d{1,20})" + _SPACE + rb"(\d{1,20})")
"""Netpbm's plain maps and PFM: the width and height behind the signature; # begins a comment."""

_ENTRY = re.compile(rb"^\s*(WIDTH|HEIGHT|DEPTH)\s+(\d{1,20})", re.MULTILINE)
"""A line in the header of a PAM file."""

_RESOLUTION = re.compile(rb"[+-]Y\s+(\d{1,20})\s+[+-]X\s+(\d{1,20})")
"""In Radiance files, below the header (Radiance file formats)."""

_HEADER = 65536
"""Headers in words are no longer than this."""


def gif_size(data: bytes) -> tuple[int, int]:
    """Of the logical screen, which holds all frames (GIF89a, 18)."""
    width, height = unpack("<HH", data, 6)
    return width, height


def bitmap_size(data: bytes) -> tuple[int, int]:
    """Of a BMP file, whose height is negative where its first row is the upper one."""
    (header,) = unpack("<I", data, 14)
    width, height = unpack("<HH" if header == 12 else "<ii", data, 18)
    return abs(width), abs(height)


def sun_raster_size(data: bytes) -> tuple[int, int]:
    """Of a Sun raster file (rasterfile(5))."""
    width, height = unpack(">II", data, 4)
    return width, height


def radiance_size(data: bytes) -> tuple[int, int]:
    """The largest that any line of the header claims."""
    found = _RESOLUTION.findall(data[:_HEADER])
    return largest([(int(width), int(height)) for height, width in found])


def map_size(data: bytes) -> tuple[int, int]:
    """Of a PBM, PGM, PPM or PFM file.

    Raises:
        ValueError: there are no two numbers behind the signature.
    """
    found = _MAP.match(data[:_HEADER])
    if found is None:
        raise ValueError("a Netpbm file without width and height")
    return int(found[1]), int(found[2])


def any_map_size(data: bytes) -> tuple[int, int]:
    """Of a PAM file, by the largest of each of its entries.

    Raises:
        ValueError: width or height is missing.
    """
    found: dict[bytes, int] = {}
    for name, number in _ENTRY.findall(data[:_HEADER]):
        found[name] = max(int(number), found.get(name, 0))
    if b"WIDTH" not in found or b"HEIGHT" not in found:
        raise ValueError("a PAM file without width and height")
    return equivalent(found[b"WIDTH"], found[b"HEIGHT"], found.get(b"DEPTH", 1))
