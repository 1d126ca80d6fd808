"""Pictures with their faces drawn on them, which later runs know from pictures to search."""

import os
import zlib
from collections.abc import Sequence
from pathlib import Path

import cv2

from tfface.files import atomic_path
from tfface.image import Image

_HEADER_END = 33
"""Signature and IHDR, which is the first chunk of every PNG file (PNG, 5.6)."""

_LONGEST_STEM = 240


def _text_chunk(keyword: bytes, text: bytes) -> bytes:
    """PNG, 11.3.3.2: tEXt."""
    content = b"tEXt" + keyword + b"\0" + text
    length, checksum = len(content) - 4, zlib.crc32(content)
    return length.to_bytes(4, "big") + content + checksum.to_bytes(4, "big")


_MARK = _text_chunk(b"Software", b"tfface.detect")


def write_annotated(path: Path, image: Image) -> None:
    """Writes an RGB picture as a PNG file that `is_annotated` knows again."""
    _, encoded = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    content = encoded.tobytes()
    with atomic_path(path) as temporary:
        temporary.write_bytes(content[:_HEADER_END] + _MARK + content[_HEADER_END:])


def is_annotated(path: Path) -> bool:
    """Whether a file is a picture that `write_annotated` wrote."""
    try:
        with path.open("rb") as file:
            return file.read(_HEADER_END + len(_MARK))[_HEADER_END:] == _MARK
    except OSError:
        return False


def annotated_paths(pictures: Sequence[Path], output: Path) -> list[Path]:
    """A PNG path in `output` for each picture: its stem, with -2, -3, ... where that is taken.

    No two pictures share a path, also where the file system ignores case. Taken are also all files
    that are there, except annotated pictures of an earlier run: these are replaced.
    """
    taken = {os.path.realpath(picture).lower() for picture in pictures}
    folder = Path(os.path.realpath(output))

    def is_free(path: Path) -> bool:
        if str(folder / path.name).lower() in taken:
            return False
        return is_annotated(path) or not os.path.lexists(path)

    paths = []
    for picture in pictures:
        stem = _within_limits(picture.stem)
        path, number = output / f"{stem}.png", 1
        while not is_free(path):
            number += 1
            path = output / f"{stem}-{number}.png"
        taken.add(str(folder / path.name).lower())
        paths.append(path)
    return paths


def _within_limits(stem: str) -> str:
    """As much of a name as leaves room for a number and suffix within the 255 bytes of a file's."""
    return os.fsencode(stem)[:_LONGEST_STEM].decode(errors="ignore")
