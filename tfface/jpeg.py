"""The structure of JPEG files (ITU-T T.81, annex B), as far as decoders do not tell it."""

import re
from collections.abc import Iterator

SIGNATURE = b"\xff\xd8\xff"
END = b"\xff\xd9"

_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start of frame, SOF0 to SOF15 without DHT, JPG and DAC (table B.1)."""

_MARKER = re.compile(rb"\xff+([^\x00\x01\xd0-\xd7\xff])")
"""A marker with a segment; among entropy-coded data, neither a stuffed byte nor a restart."""

_START_OF_SCAN, _DEFINE_RESTART_INTERVAL = 0xDA, 0xDD

_RESTART = re.compile(rb"\xff([\xd0-\xd7])")

_FILL = b"\xa5\x3c\x96\xb4\x69\xd2\x5a\x81" * 8
"""Data that no picture goes on with."""

_PADDING = 16
"""So many zeros at the end were never written by an encoder."""


def components(data: bytes) -> int:
    """The number of colour components in the frame header of a file; 0 when it has none."""
    for marker, start in _segments(data):
        if marker in _FRAME_MARKERS and start + 7 < len(data):
            return data[start + 7]
    return 0


def claimed_size(data: bytes) -> tuple[int, int]:
    """Width and height in the first frame header, behind which decoders accept no other.

    Raises:
        ValueError: the file has none.
    """
    for marker, start in _segments(data):
        if marker in _FRAME_MARKERS and start + 7 < len(data):
            height, width = (
                int.from_bytes(data[at : at + 2], "big") for at in (start + 3, start + 5)
            )
            return width, height
    raise ValueError("a JPEG file without a frame header")


def lacks_end(data: bytes) -> bool:
    """Whether a file is a JPEG whose picture never comes to its end marker."""
    if not data.startswith(SIGNATURE) or data.endswith(END):
        return False
    return all(marker != END[1] for marker, _ in _segments(data))


def two_endings(data: bytes) -> tuple[bytes, bytes]:
    """Two ways to end a file that lacks its end; where no pixel is missing, both look the same.

    A decoder passes over what stands between the last pixel and the end marker. Where pixels are
    missing, it takes that for them. A progressive file that stops between two scans is coarse, but
    whole. Many zeros at the end are no data: an interruption left them.
    """
    if data.endswith(bytes(_PADDING)):
        data = data.rstrip(b"\0")
        data += b"\0" * data.endswith(b"\xff")  # the stuffing of a byte of data
    data = data.removesuffix(b"\xff")  # half of the end marker
    return data + END, data + _FILL + _restarts(data) + END


def _restarts(data: bytes) -> bytes:
    """Intervals of fill behind the restart markers that a file goes on with; none without them."""
    segments = dict(_segments(data))
    if _DEFINE_RESTART_INTERVAL not in segments:
        return b""
    markers = _RESTART.findall(data, segments.get(_START_OF_SCAN, 0))  # of the last scan
    following = markers[-1][0] + 1 if markers else 0xD0
    numbers = (0xD0 | (following + count) % 8 for count in range(8))
    return b"".join(b"\xff" + bytes([number]) + _FILL for number in numbers)


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """The markers up to the end of the picture, and where the segment of each starts."""
    found = _MARKER.search(data, 2)
    while found:
        marker, start = found[1][0], found.end()
        yield marker, start
        if marker == END[1]:
            return
        found = _MARKER.search(data, start + int.from_bytes(data[start : start + 2], "big"))
