"""WebP files (RFC 9649; the frame header of lossy ones: RFC 6386, 9.1)."""

from tfface.headers.fields import largest, unpack


def claimed_size(data: bytes) -> tuple[int, int]:
    """The largest size of canvas, picture and frames.

    Raises:
        ValueError: it is no WebP, or a chunk claims more bytes than there are.
        IndexError: the file ends within a header.
    """
    if data[8:12] != b"WEBP":
        raise ValueError("RIFF, but no WebP")
    sizes = []
    start, end = 12, min(len(data), 8 + unpack("<I", data, 4)[0])
    while start + 8 <= end:
        kind, (length,) = data[start : start + 4], unpack("<I", data, start + 4)
        if length > end - start - 8:
            raise ValueError(
                f"a chunk {kind.decode('latin-1')!r} of {length} bytes where "
                f"{end - start - 8} are left"
            )
        content = data[start + 8 : start + 8 + min(length, 32)]
        if kind == b"VP8X":
            sizes.append((_uint24(content, 4) + 1, _uint24(content, 7) + 1))
        elif kind == b"ANMF":
            sizes.append((_uint24(content, 6) + 1, _uint24(content, 9) + 1))
        elif kind == b"VP8 ":
            width, height = unpack("<HH", content, 6)
            sizes.append((width & 0x3FFF, height & 0x3FFF))
        elif kind == b"VP8L":
            (bits,) = unpack("<I", content, 1)
            sizes.append(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
        start += 8 + length + length % 2
    return largest(sizes)


def _uint24(data: bytes, offset: int) -> int:
    low, high = unpack("<HB", data, offset)
    return high << 16 | low
