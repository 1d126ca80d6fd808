"""TIFF and BigTIFF files (TIFF 6.0, section 2), their first picture, as OpenCV reads them."""

from tfface.headers.fields import equivalent, largest, unpack

_FORMATS = {1: "B", 3: "H", 4: "I", 16: "Q"}
"""Types of fields that hold a size: BYTE, SHORT, LONG, LONG8."""

_WIDTH, _HEIGHT, _SAMPLES, _TILE_WIDTH, _TILE_HEIGHT = 256, 257, 277, 322, 323


def claimed_size(data: bytes) -> tuple[int, int]:
    """The larger size of picture and tile.

    Raises:
        ValueError: there is no size.
        IndexError: the file ends within its directory.
    """
    order = "<" if data.startswith(b"II") else ">"
    is_big = data[2:4] in (b"+\0", b"\0+")
    (start,) = unpack(order + ("Q" if is_big else "I"), data, 8 if is_big else 4)
    (count,) = unpack(order + ("Q" if is_big else "H"), data, start)
    first, length, value = (8, 20, 12) if is_big else (2, 12, 8)
    if count * length > len(data) - start:
        raise ValueError(f"a TIFF directory of {count} entries, beyond the end of the file")
    found: dict[int, int] = {}
    for entry in range(start + first, start + first + count * length, length):
        tag, kind = unpack(order + "HH", data, entry)
        if kind in _FORMATS:
            (number,) = unpack(order + _FORMATS[kind], data, entry + value)
            found[tag] = max(number, found.get(tag, 0))
    if _WIDTH not in found or _HEIGHT not in found:
        raise ValueError("a TIFF file without width and height")
    samples = found.get(_SAMPLES, 1)
    sizes = [(found[_WIDTH], found[_HEIGHT])]
    if _TILE_WIDTH in found and _TILE_HEIGHT in found:
        sizes.append((found[_TILE_WIDTH], found[_TILE_HEIGHT]))
    return equivalent(*largest(sizes), samples)
