"""Copies of pictures and videos with a mark, by which later runs know them again."""

import os
import zlib
from pathlib import Path

import cv2

from tfface.files import atomic_path
from tfface.rgb import Image

_HEADER_END = 33
"""Signature and IHDR, which is the first chunk of every PNG file (PNG, 5.6)."""


def _text_chunk(keyword: bytes, text: bytes) -> bytes:
    """PNG, 11.3.3.2: tEXt."""
    content = b"tEXt" + keyword + b"\0" + text
    length, checksum = len(content) - 4, zlib.crc32(content)
    return length.to_bytes(4, "big") + content + checksum.to_bytes(4, "big")


def _free_box(content: bytes) -> bytes:
    """ISO/IEC 14496-12, 8.1.2: a box that has no meaning for readers."""
    return (8 + len(content)).to_bytes(4, "big") + b"free" + content


_MARK = _text_chunk(b"Software", b"tfface.detect")


def write_annotated(path: Path, image: Image) -> None:
    """Writes an RGB picture as a PNG file that `is_annotated` knows again."""
    _, encoded = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    content = encoded.tobytes()
    with atomic_path(path) as temporary:
        temporary.write_bytes(content[:_HEADER_END] + _MARK + content[_HEADER_END:])


FILM_MARK = _free_box(b"tfface.detect")
"""What ends an MP4 file that `is_annotated` is to know again; players pass over it."""


def is_annotated(path: Path) -> bool:
    """Whether a file is a picture that `write_annotated` wrote, or a video with `FILM_MARK`."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            if file.read(_HEADER_END + len(_MARK))[_HEADER_END:] == _MARK:
                return True
            file.seek(-len(FILM_MARK), os.SEEK_END)
            return file.read() == FILM_MARK
    except OSError:
        return False
