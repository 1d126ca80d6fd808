"""How the decoded picture of an AVIF file is to be turned (ISO/IEC 23008-12, 6.5.10 and 6.5.12)."""

from collections.abc import Iterator

from tfface.headers.boxes import Box, boxes
from tfface.headers.fields import unpack

_BITS = {b"irot": 3, b"imir": 1}
"""Of the only byte of a box, those with a meaning."""


def avif_turns(data: bytes) -> list[tuple[bytes, int]]:
    """What turns the picture of an AVIF file upright, in this order.

    Decoders leave it to their callers. EXIF says nothing about it in such files (23000-22, 7.3.10).
    A file that is shown as a film has a track, which no property of a still picture turns.

    Returns:
        `(b"irot", n)` for n quarter turns anticlockwise; `(b"imir", 0)` where top and bottom change
        places, and `(b"imir", 1)` where left and right do.

    Raises:
        ValueError: a box is cut short, or claims more bytes than there are.
    """
    try:
        outer = list(boxes(data, 0, len(data)))
        return [] if _is_film(data, outer) else list(_turns_of_item(data, outer))
    except IndexError as error:
        raise ValueError("a header that is cut short") from error


def _is_film(data: bytes, outer: list[Box]) -> bool:
    """Whether decoders show a track: as the first brand says, else where there is one."""
    brand = data[8:12]
    return brand == b"avis" or (brand != b"avif" and any(box.kind == b"moov" for box in outer))


def _turns_of_item(data: bytes, outer: list[Box]) -> Iterator[tuple[bytes, int]]:
    """Those of the primary item, in the order in which they are associated with it."""
    meta = [box._replace(content=box.content + 4) for box in outer if box.kind == b"meta"]
    inner = _inside(data, meta)
    primary = next((_item(data, box) for box in inner if box.kind == b"pitm"), None)
    shared = _inside(data, [box for box in inner if box.kind == b"iprp"])
    properties = _inside(data, [box for box in shared if box.kind == b"ipco"])
    associations = [box for box in shared if box.kind == b"ipma"]
    for item, places in (pair for box in associations for pair in _associations(data, box)):
        for place in places if item == primary else ():
            kind, start, end = properties[place - 1]
            if place and kind in _BITS:
                (value,) = unpack(">B", data[start:end], 0)
                yield kind, value & _BITS[kind]


def _inside(data: bytes, parents: list[Box]) -> list[Box]:
    return [box for parent in parents for box in boxes(data, parent.content, parent.end)]


def _item(data: bytes, box: Box) -> int:
    """The number of the item that the box `pitm` names."""
    content = data[box.content : box.end]
    (version,) = unpack(">B", content, 0)
    (item,) = unpack(">I" if version else ">H", content, 4)
    return item


def _associations(data: bytes, box: Box) -> Iterator[tuple[int, list[int]]]:
    """Of every item in a box `ipma` its number and its properties, counted from 1; 0 is none."""
    content, place = data[box.content : box.end], 8
    version, flags, count = unpack(">B2xBI", content, 0)
    head, head_bytes = (">IB", 5) if version else (">HB", 3)
    letter, width, without_essential = ("H", 2, 0x7FFF) if flags & 1 else ("B", 1, 0x7F)
    for _ in range(count):
        item, associated = unpack(head, content, place)
        found = unpack(f">{associated}{letter}", content, place + head_bytes)
        place += head_bytes + associated * width
        yield item, [number & without_essential for number in found]
