"""Numbers in the headers of files."""

import struct


def unpack(layout: str, data: bytes, offset: int) -> tuple[int, ...]:
    """The numbers of `layout`, of `struct`, from `offset` on.

    Raises:
        IndexError: the data ends before them.
    """
    try:
        return struct.unpack_from(layout, data, offset)
    except (struct.error, OverflowError) as error:  # a place beyond what an index may be
        raise IndexError(str(error)) from error


def equivalent(width: int, height: int, components: int) -> tuple[int, int]:
    """A picture of more than four components as a taller one of four, of as much memory."""
    return width, height * max(1, -(-components // 4))


def largest(sizes: list[tuple[int, int]]) -> tuple[int, int]:
    """The size of the most pixels.

    Raises:
        IndexError: there is none.
    """
    return sorted(sizes, key=lambda size: size[0] * size[1])[-1]
