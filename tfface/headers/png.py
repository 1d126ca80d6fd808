"""PNG files and their animated kind (Portable Network Graphics, third edition, 5 and 11)."""

from tfface.headers.fields import largest, unpack

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def claimed_size(data: bytes) -> tuple[int, int]:
    """The largest size of a picture or frame; every chunk has to lie within the file.

    Raises:
        ValueError: a chunk claims more bytes than there are, or the first is not IHDR.
        IndexError: the file ends within a chunk.
    """
    if data[12:16] != b"IHDR":
        raise ValueError("a PNG file without IHDR")
    sizes = []
    start = len(SIGNATURE)
    while start < len(data):
        (length,), kind = unpack(">I", data, start), data[start + 4 : start + 8]
        if length > len(data) - start - 12:
            raise ValueError(
                f"a chunk {kind.decode('latin-1')!r} of {length} bytes where "
                f"{max(0, len(data) - start - 12)} are left"
            )
        if kind == b"IHDR":
            sizes.append(unpack(">II", data, start + 8))
        elif kind == b"fcTL":  # its frame, behind the sequence number
            sizes.append(unpack(">II", data, start + 12))
        elif kind == b"IEND":
            break
        start += 12 + length
    return largest([(width, height) for width, height in sizes])
