"""Files of boxes (ISO/IEC 14496-12), and JPEG 2000 (15444-1, annexes A and I)."""

from collections.abc import Iterator
from typing import NamedTuple

from tfface.headers.fields import equivalent, unpack

JPEG_2000 = b"\0\0\0\x0cjP  \r\n\x87\n"
CODE_STREAM = b"\xff\x4f\xff\x51"
"""Start of code stream, SOC, and the marker of its size, SIZ."""


class Box(NamedTuple):
    """A box: its type, where its content begins, and where it ends."""

    kind: bytes
    content: int
    end: int


def jpeg_2000_size(data: bytes) -> tuple[int, int]:
    """The size of the code stream in a JP2 file; its header box is not what decoders go by.

    Raises:
        ValueError: a box claims more bytes than there are, or none has a code stream.
        IndexError: a box is cut short.
    """
    for kind, content, _ in boxes(data, 0, len(data)):
        if kind == b"jp2c":
            return code_stream_size(data, content)
    raise ValueError("a JPEG 2000 file without a code stream")


def code_stream_size(data: bytes, start: int = 0) -> tuple[int, int]:
    """The size of a JPEG 2000 code stream that begins at `start`.

    Raises:
        ValueError: none begins there.
        IndexError: it is cut short.
    """
    if not data.startswith(CODE_STREAM, start):
        raise ValueError("a code stream that does not begin with its size")
    right, bottom, left, top = unpack(">4I", data, start + 8)
    (components,) = unpack(">H", data, start + 40)
    return equivalent(max(0, right - left), max(0, bottom - top), components)


def boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """The boxes between two places.

    Raises:
        ValueError: one claims more bytes than there are.
        IndexError: one is cut short.
    """
    while start < end:
        (length,), kind, header = unpack(">I", data, start), data[start + 4 : start + 8], 8
        if length == 1:
            (length,), header = unpack(">Q", data, start + 8), 16
        elif length == 0:
            length = end - start
        if not header <= length <= end - start:
            raise ValueError(
                f"a box {kind.decode('latin-1')!r} of {length} bytes where {end - start} are left"
            )
        yield Box(kind, start + header, start + length)
        start += length
