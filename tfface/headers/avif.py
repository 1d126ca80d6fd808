"""AVIF (ISO/IEC 14496-12, 23008-12): the pictures of a file, and the AV1 streams they are in."""

from collections.abc import Iterator

from tfface.headers.av1 import frame_sizes
from tfface.headers.boxes import Box, boxes
from tfface.headers.fields import largest, unpack

_CONTAINERS = {
    b"meta": 4,
    b"iprp": 0,
    b"ipco": 0,
    b"moov": 0,
    b"trak": 0,
    b"mdia": 0,
    b"minf": 0,
    b"stbl": 0,
}
"""Boxes that hold other boxes, and what stands before those."""

_READS = 4
"""So many times the bytes of a file its items may claim, and its tracks: several may share some."""


class _Budget:
    """Parts of a file, until they are `_READS` times as long as it."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = _READS * len(data)

    def take(self, start: int, end: int | None = None) -> bytes:
        """The bytes from `start` to `end`.

        Raises:
            ValueError: too many were taken.
        """
        part = self._data[start:end]
        self._left -= len(part)
        if self._left < 0:
            raise ValueError("pictures that claim the same bytes several times")
        return part


def avif_size(data: bytes) -> tuple[int, int]:
    """The largest of all pictures and tracks in a file, and of the frames they are decoded from.

    Decoders decode a frame at its own size, and scale it to that which the file claims.

    Raises:
        ValueError: a box claims more bytes than there are.
        IndexError: a box is cut short, or none has a size.
    """
    found = list(_descend(data, 0, len(data)))
    streams = [*_streams_of_items(data, found), *_streams_of_tracks(data, found)]
    frames = [size for stream in streams for size in frame_sizes(stream)]
    return largest([*_spatial_extents(data, found), *frames])


def _descend(data: bytes, start: int, end: int) -> Iterator[Box]:
    """All boxes, with those inside of them."""
    for box in boxes(data, start, end):
        yield box
        if box.kind in _CONTAINERS:
            yield from _descend(data, box.content + _CONTAINERS[box.kind], box.end)


def _spatial_extents(data: bytes, found: list[Box]) -> Iterator[tuple[int, int]]:
    for box in found:
        if box.kind == b"ispe":
            width, height = unpack(">II", data, box.content + 4)
            yield width, height
        elif box.kind == b"tkhd":  # the last two fields, in 65536ths of a pixel
            width, height = unpack(">II", data, box.end - 8)
            yield width >> 16, height >> 16


def _streams_of_items(data: bytes, found: list[Box]) -> Iterator[bytes]:
    """The bytes of every item of the type av01."""
    kinds = dict(_item_kinds(data, found))
    start = next((box.content for box in found if box.kind == b"idat"), 0)
    budget = _Budget(data)
    for box in found:
        if box.kind != b"iloc":
            continue
        for item, is_inside, extents in _locations(data, box.content):
            if kinds.get(item) != b"av01":
                continue
            base = start if is_inside else 0
            yield b"".join(
                budget.take(base + at, base + at + size if size else None) for at, size in extents
            )


def _item_kinds(data: bytes, found: list[Box]) -> Iterator[tuple[int, bytes]]:
    for box in found:
        if box.kind == b"iinf":
            entries = box.content + (6 if data[box.content] == 0 else 8)
            for entry in boxes(data, entries, box.end):
                wide = data[entry.content] == 3
                (item,) = unpack(">I" if wide else ">H", data, entry.content + 4)
                at = entry.content + (10 if wide else 8)
                yield item, data[at : at + 4]


def _locations(data: bytes, place: int) -> Iterator[tuple[int, bool, list[tuple[int, int]]]]:
    """Of every item its number, whether it is in the box idat, and its places and lengths."""
    version, sizes = data[place], unpack(">H", data, place + 4)[0]
    at_bytes, length_bytes, base_bytes, index_bytes = (sizes >> s & 15 for s in (12, 8, 4, 0))
    place += 6

    def number(size: int) -> int:
        nonlocal place
        if place + size > len(data):
            raise IndexError("item locations that are cut short")
        place += size
        return int.from_bytes(data[place - size : place], "big")

    for _ in range(number(4 if version == 2 else 2)):
        item = number(4 if version == 2 else 2)
        is_inside = bool(version) and number(2) & 15 == 1
        number(2)  # of the file; 0 is this one
        base, extents = number(base_bytes), []
        count = number(2)
        if count > 1 and not at_bytes + length_bytes + (index_bytes if version else 0):
            raise ValueError("pictures that claim the same bytes several times")
        for _ in range(count):
            number(index_bytes if version else 0)
            extents.append((base + number(at_bytes), number(length_bytes)))
        yield item, is_inside, extents


def _streams_of_tracks(data: bytes, found: list[Box]) -> Iterator[bytes]:
    """What follows the start of every track of AV1: its first frame is there."""
    if not any(b"av01" in data[box.content : box.end] for box in found if box.kind == b"stsd"):
        return
    budget = _Budget(data)
    for box in found:
        if box.kind in (b"stco", b"co64"):
            layout = ">Q" if box.kind == b"co64" else ">I"
            yield budget.take(unpack(layout, data, box.content + 8)[0])
