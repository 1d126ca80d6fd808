"""How large a picture file says that its picture is, read without decoding any of it."""

from collections.abc import Callable, Mapping

from tfface import jpeg
from tfface.headers import avif, boxes, plain, png, tiff, webp

Size = tuple[int, int]
"""Width and height in pixels."""

_READERS: Mapping[bytes, Callable[[bytes], Size]] = {
    jpeg.SIGNATURE: jpeg.claimed_size,
    png.SIGNATURE: png.claimed_size,
    b"GIF87a": plain.gif_size,
    b"GIF89a": plain.gif_size,
    b"BM": plain.bitmap_size,
    b"RIFF": webp.claimed_size,
    b"II*\0": tiff.claimed_size,
    b"MM\0*": tiff.claimed_size,
    b"II+\0": tiff.claimed_size,
    b"MM\0+": tiff.claimed_size,
    boxes.JPEG_2000: boxes.jpeg_2000_size,
    boxes.CODE_STREAM: boxes.code_stream_size,
    b"#?": plain.radiance_size,
    b"\x59\xa6\x6a\x95": plain.sun_raster_size,
    b"P7": plain.any_map_size,
    **{b"P%d" % number: plain.map_size for number in range(1, 7)},
    b"PF": plain.map_size,
    b"Pf": plain.map_size,
}
"""By the first bytes of a file, all formats that OpenCV decodes; AVIF begins with a length."""


def claimed_size(data: bytes) -> Size:
    """Width and height that a picture file claims, the largest where it has several.

    What needs more memory than its pixels counts for more of them: the tiles of a TIFF file, more
    than four components.

    Args:
        data: the whole file, whose own lengths are held against it.

    Raises:
        ValueError: the header is damaged, claims more bytes than there are, or is of no format that
            OpenCV decodes.
    """
    found = (reader for start, reader in _READERS.items() if data.startswith(start))
    reader = avif.avif_size if is_avif(data) else next(found, None)
    if reader is None:
        raise ValueError("no header of a picture that OpenCV decodes")
    try:
        width, height = reader(data)
    except (IndexError, RecursionError) as error:
        raise ValueError("a header that is cut short") from error
    if width < 1 or height < 1:
        raise ValueError(f"a header with {width} x {height} pixels")
    return width, height


def is_avif(data: bytes) -> bool:
    """Whether the bytes of a file begin as those of AVIF do."""
    return data[4:8] == b"ftyp"
