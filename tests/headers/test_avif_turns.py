"""tfface.headers.avif_turns: AVIF files are read upright, whatever their boxes claim."""

import io
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tfface.headers.avif_turns import avif_turns
from tfface.image import decode_picture
from tfface.rgb import to_rgb

ORIENTATIONS = range(1, 9)
ORIENTATION, COMPRESSION = 0x0112, 0x0103
"""Two tags of EXIF with one number of 16 bits; of the first Pillow makes irot and imir."""

CORNERS = np.array([[(255, 0, 0), (0, 0, 255)], [(0, 255, 0), (255, 255, 255)]], np.uint8)


def avif(
    orientation: int = 1,
    *,
    size: tuple[int, int] = (80, 40),
    in_exif: int | None = None,
    **options: Any,
) -> bytes:
    """A file with another colour in every corner, turned by irot and imir.

    Args:
        orientation: of EXIF, as which the boxes turn the picture.
        size: width and height before that.
        in_exif: what EXIF itself says.
        options: of Pillow.
    """
    Image, features = pytest.importorskip("PIL.Image"), pytest.importorskip("PIL.features")
    if not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    if in_exif is not None:
        exif[COMPRESSION] = in_exif
    picture = Image.fromarray(CORNERS).resize(size, Image.Resampling.NEAREST)
    file = io.BytesIO()
    picture.save(file, "AVIF", exif=exif, **options)
    # Pillow would leave the orientation out of EXIF, which OpenCV reads without the name before it.
    data = file.getvalue()
    for written, forged in (
        (b"\6Exif\0\0MM\0*\0\0\0\x08", b"\0MM\0*\0\0\0\x0e" + bytes(6)),
        (struct.pack(">HH", COMPRESSION, 3), struct.pack(">HH", ORIENTATION, 3)),
    ):
        assert in_exif is None or written in data
        data = data.replace(written, forged)
    return data


def corners(image: np.ndarray) -> list[list[list[int]]]:
    """The colours of the corners, as full or none; AVIF is written with loss."""
    height, width = image.shape[:2]
    rows, columns = [height // 8, -1 - height // 8], [width // 8, -1 - width // 8]
    return (image[rows][:, columns] > 127).tolist()


def assert_read_as_by_pillow(data: bytes) -> None:
    Image = pytest.importorskip("PIL.Image")
    image, expected = decode_picture(data).image, to_rgb(Image.open(io.BytesIO(data)))
    assert image.shape == expected.shape
    assert corners(image) == corners(expected)
    assert image.flags.c_contiguous


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_every_orientation_is_applied(orientation: int) -> None:
    data = avif(orientation)
    assert_read_as_by_pillow(data)
    assert decode_picture(data).image.shape == ((80, 40, 3) if orientation > 4 else (40, 80, 3))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("size", [(1, 80), (80, 1), (1, 1)])
def test_pictures_of_one_row_or_column_are_turned_too(
    orientation: int, size: tuple[int, int]
) -> None:
    assert_read_as_by_pillow(avif(orientation, size=size))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("in_exif", [1, 6])
def test_exif_in_the_same_file_turns_nothing(orientation: int, in_exif: int) -> None:
    data = avif(orientation, in_exif=in_exif)
    assert_read_as_by_pillow(data)
    assert corners(decode_picture(data).image) == corners(decode_picture(avif(orientation)).image)


def test_what_turns_a_still_picture_does_not_turn_the_film_beside_it() -> None:
    Image = pytest.importorskip("PIL.Image")
    film = avif(save_all=True, append_images=[Image.new("RGB", (80, 40))])
    # The picture beside the film has other properties than the film; its second one is essential.
    turned = film.replace(b"pixi\0", b"irot\1", 1).replace(b"\4\1\2\x83\4", b"\4\1\x82\x83\4")
    assert_read_as_by_pillow(turned)
    # By the first brand the same file is shown as its picture.
    still = turned.replace(b"ftypavis", b"ftypavif")
    assert_read_as_by_pillow(still)
    shapes = [decode_picture(data).image.shape for data in (turned, still)]
    assert shapes == [(40, 80, 3), (80, 40, 3)]


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def header(
    properties: Sequence[bytes],
    associated: bytes,
    *,
    primary: bytes = b"\0\0\0\0\0\7",
    version_and_flags: bytes = bytes(4),
    count: int = 1,
) -> bytes:
    """The boxes of a file of which item 7 is the primary one, and nothing in them."""
    ipma = box(b"ipma", version_and_flags + struct.pack(">I", count) + associated)
    iprp = box(b"iprp", box(b"ipco", b"".join(properties)) + ipma)
    return box(b"ftyp", b"avif") + box(b"meta", bytes(4) + box(b"pitm", primary) + iprp)


ROTATED, MIRRORED = box(b"irot", b"\1"), box(b"imir", b"\0")
OTHER = box(b"pixi", bytes(8))


def test_the_order_is_that_of_the_associations() -> None:
    properties = [MIRRORED, OTHER, ROTATED]
    first_rotated = header(properties, b"\0\7\3\x82\x83\x81")
    first_mirrored = header(properties, b"\0\7\4\0\1\2\3")
    assert avif_turns(first_rotated) == [(b"irot", 1), (b"imir", 0)]
    assert avif_turns(first_mirrored) == [(b"imir", 0), (b"irot", 1)]


def test_only_the_primary_item_counts() -> None:
    assert avif_turns(header([ROTATED], b"\0\1\1\1" + b"\0\7\0", count=2)) == []
    assert avif_turns(header([ROTATED], b"\0\1\0" + b"\0\7\1\1", count=2)) == [(b"irot", 1)]


def test_numbers_of_more_bytes() -> None:
    data = header(
        [ROTATED],
        b"\0\1\0\7" + b"\1" + b"\x80\1",
        primary=b"\1\0\0\0" + b"\0\1\0\7",
        version_and_flags=b"\1\0\0\1",
    )
    assert avif_turns(data) == [(b"irot", 1)]


def test_reserved_bits_say_nothing() -> None:
    properties = [box(b"irot", b"\xfe"), box(b"imir", b"\xff")]
    assert avif_turns(header(properties, b"\0\7\2\1\2")) == [(b"irot", 2), (b"imir", 1)]


def test_a_file_without_the_boxes_is_not_turned() -> None:
    assert avif_turns(box(b"ftyp", b"avif")) == []
    assert avif_turns(box(b"ftyp", b"avif") + box(b"meta", b"")) == []


@pytest.mark.parametrize(
    "data",
    [
        header([box(b"irot", b"")], b"\0\7\1\1"),  # its byte would be that of the next box
        header([ROTATED], b"\0\7\1\2"),  # a property that is none
        header([], b"\0\7\1\0"),
        header([ROTATED], b"\0\7\2\1"),  # one property of two
        header([ROTATED], b"\0\7\1\1", count=2**32 - 1),
        header([ROTATED], b"\0\7\1\1", version_and_flags=b"\1\0\0\0"),
        header([ROTATED], b"\0\7\1\1", primary=b""),
        header([ROTATED], b"\0\7\1\1", primary=b"\1\0\0\0\0\7"),
        box(b"ftyp", b"avif") + box(b"meta", bytes(4) + struct.pack(">I", 99) + b"pitm"),
    ],
)
def test_boxes_that_are_cut_short_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="cut short|bytes where"):
        avif_turns(data)


def test_files_that_are_damaged_in_any_byte_of_their_boxes_give_a_picture_or_a_refusal() -> None:
    whole = avif(5)
    start, end = whole.index(b"pitm"), whole.index(b"mdat")
    for place in range(start, end):
        for value in (0, 1, 0x7F, 0xFF):
            damaged = whole[:place] + bytes([value]) + whole[place + 1 :]
            try:
                decode_picture(damaged, 1 << 16)
            except ValueError:
                continue
