"""convert.orientation: what EXIF asks for, done in the graph."""

import zlib

import cv2
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from convert.orientation import turn_upright
from tfface.image import read_image

ORIENTATIONS = range(1, 9)
BYTE_ORDERS = ("little", "big")

TIFF_AT = 12
"""Bytes before the TIFF structure: two markers and a length of two bytes each, "Exif" and zeros."""


@pytest.fixture(scope="module")
def stored():
    """RGB 16 x 24, no turn or reflection of which looks like another."""
    return np.random.default_rng(0).integers(0, 256, (16, 24, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def jpeg(stored):
    return cv2.imencode(".jpg", stored[..., ::-1])[1].tobytes()


@pytest.fixture(scope="module")
def png(stored):
    return cv2.imencode(".png", stored[..., ::-1])[1].tobytes()


@pytest.fixture(scope="module")
def turn():
    """`turn_upright` as it is in a SavedModel: a graph for every picture and file."""
    pictures = tf.TensorSpec((None, None, 3), tf.uint8)
    function = tf.function(turn_upright, input_signature=[pictures, tf.TensorSpec((), tf.string)])
    return lambda image, content: function(image, content).numpy()


@pytest.fixture
def read(tmp_path):
    """What `tfface.read_image` makes of the bytes of a file, and the picture as it is stored."""

    def read(content):
        path = tmp_path / "picture"
        path.write_bytes(content)
        flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
        return read_image(path), cv2.imdecode(np.frombuffer(content, np.uint8), flags)

    return read


def with_chunk(png, name, content, before=b"IDAT"):
    """A PNG file with another chunk: its length, name, content and checksum."""
    at = png.index(before) - 4
    checksum = zlib.crc32(name + content).to_bytes(4, "big")
    return png[:at] + len(content).to_bytes(4, "big") + name + content + checksum + png[at:]


def riff_chunk(name, content):
    """A chunk of RIFF, and the whole file: what it holds is padded to an even length."""
    return name + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


def segment(marker, content):
    return b"\xff" + marker + (len(content) + 2).to_bytes(2, "big") + content


@pytest.mark.parametrize("byte_order", BYTE_ORDERS)
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_jpeg_is_turned_as_read_image_does(
    turn, read, jpeg, with_orientation, orientation, byte_order
):
    content = with_orientation(jpeg, orientation, byte_order)
    upright, stored = read(content)

    np.testing.assert_array_equal(turn(stored, content), upright)
    assert np.array_equal(stored, upright) == (orientation == 1)


@pytest.mark.parametrize("byte_order", BYTE_ORDERS)
@pytest.mark.parametrize("before", [b"IDAT", b"IEND"])
def test_a_png_too(turn, read, png, with_orientation, before, byte_order):
    for orientation in ORIENTATIONS:
        exif = with_orientation(b"", orientation, byte_order)[TIFF_AT - 2 :]
        content = with_chunk(png, b"eXIf", exif, before)
        upright, stored = read(content)
        np.testing.assert_array_equal(turn(stored, content), upright)
        assert np.array_equal(stored, upright) == (orientation == 1)


@pytest.mark.parametrize("byte_order", BYTE_ORDERS)
@pytest.mark.parametrize("odd", [b"", b"odd"])
def test_and_a_webp(turn, read, stored, with_orientation, odd, byte_order):
    webp = cv2.imencode(".webp", stored[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()
    # VP8X: flags, of which 8 stands for EXIF, three bytes for later, width - 1 and height - 1.
    extended = riff_chunk(b"VP8X", b"\x08\0\0\0" + b"\x17\0\0" + b"\x0f\0\0")
    for orientation in ORIENTATIONS:
        exif = with_orientation(b"", orientation, byte_order)[TIFF_AT - 2 :]
        chunks = extended + webp[12:] + riff_chunk(b"XMP ", odd) + riff_chunk(b"EXIF", exif)
        content = riff_chunk(b"RIFF", b"WEBP" + chunks)
        upright, as_stored = read(content)
        np.testing.assert_array_equal(turn(as_stored, content), upright)
        assert np.array_equal(as_stored, upright) == (orientation == 1)


def test_exif_stands_behind_other_segments(turn, read, jpeg, with_orientation):
    other = segment(b"\xe1", b"http://ns.adobe.com/xap/1.0/\0") + segment(b"\xfe", b"a comment")
    turned = with_orientation(jpeg, 6)
    # JPEG allows any number of 0xFF before a marker.
    content = turned[:2] + other + b"\xff\xff" + turned[2:]
    upright, stored = read(content)

    np.testing.assert_array_equal(turn(stored, content), upright)
    assert upright.shape == (24, 16, 3)


def test_other_entries_stand_before_the_tag(turn, read, jpeg, with_orientation):
    turned = with_orientation(jpeg, 6)
    # The number of entries, then one of them: compression (0x0103), a short, 1 of it, 6.
    entry = b"\3\1\3\0\1\0\0\0\6\0\0\0"
    at = TIFF_AT + 8
    exif = turned[TIFF_AT:at] + b"\2\0" + entry + turned[at + 2 : at + 2 + 12]
    content = jpeg[:2] + segment(b"\xe1", b"Exif\0\0" + exif) + jpeg[2:]
    upright, stored = read(content)

    np.testing.assert_array_equal(turn(stored, content), upright)
    assert upright.shape == (24, 16, 3)


# What `with_orientation` writes, little endian: "II", 42, where the directory is, how many entries
# it has, then tag, type, count and value of one.
@pytest.mark.parametrize(
    ("there", "instead"),
    [
        (b"Exif\0\0", b"Exit\0\0"),
        (b"II*\0", b"XX*\0"),
        (b"II*\0", b"II\0*"),
        (b"*\0\x08\0\0\0", b"*\0\x08\0\0\x80"),  # before the beginning
        (b"*\0\x08\0\0\0", b"*\0\xff\0\0\0"),  # beyond the end
        (b"*\0\x08\0\0\0", b"*\0\xfe\xff\xff\x7f"),
        (b"\x01\0\x12\x01", b"\0\0\x12\x01"),  # no entries
        (b"\x12\x01\x03\0", b"\x13\x01\x03\0"),  # another tag
        (b"\x01\0\0\0\x06\0", b"\x01\0\0\0\0\0"),
        (b"\x01\0\0\0\x06\0", b"\x01\0\0\0\x09\0"),
        (b"\x01\0\0\0\x06\0", b"\x01\0\0\0\x06\xff"),
    ],
)
def test_damaged_exif_turns_nothing(turn, read, jpeg, with_orientation, there, instead):
    whole = with_orientation(jpeg, 6)
    assert whole.count(there) == 1
    content = whole.replace(there, instead)
    upright, stored = read(content)

    np.testing.assert_array_equal(turn(stored, content), stored)
    np.testing.assert_array_equal(upright, stored)


def test_exif_that_is_cut_short_turns_nothing_before_its_value(turn, read, jpeg, with_orientation):
    exif = with_orientation(jpeg, 6)[TIFF_AT - 6 : TIFF_AT + 8 + 2 + 12]
    for length in range(6, len(exif) + 1):
        content = jpeg[:2] + segment(b"\xe1", exif[:length]) + jpeg[2:]
        upright, stored = read(content)
        np.testing.assert_array_equal(turn(stored, content), upright)
        # The value is the first two bytes of the last four.
        assert (upright.shape == (24, 16, 3)) == (length >= len(exif) - 2)


def test_files_without_exif(turn, stored, jpeg, png):
    gif, bmp = (cv2.imencode(suffix, stored)[1].tobytes() for suffix in (".gif", ".bmp"))
    webp = cv2.imencode(".webp", stored)[1].tobytes()
    beginnings = (b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF", b"RIFF\0\0\0\0WEBP")
    for content in (jpeg, png, webp, gif, bmp, *beginnings):
        np.testing.assert_array_equal(turn(stored, content), stored)


def test_nothing_is_read_behind_the_start_of_scan(turn, stored, jpeg, with_orientation):
    exif = with_orientation(jpeg, 6)[2 : TIFF_AT + 8 + 2 + 12]
    scan = segment(b"\xda", b"")

    np.testing.assert_array_equal(turn(stored, jpeg[:2] + scan + exif), stored)


def test_a_chunk_of_negative_length_ends_the_search(turn, stored, png):
    # -12 and -8 as a length: the next chunk would be this one.
    endless = png[:8] + (2**32 - 12).to_bytes(4, "big") + png[12:]
    also_webp = riff_chunk(b"RIFF", b"WEBPVP8 " + (2**32 - 8).to_bytes(4, "little"))

    np.testing.assert_array_equal(turn(stored, also_webp), stored)
    np.testing.assert_array_equal(turn(stored, endless), stored)


@settings(max_examples=50, deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), min_size=1, max_size=5),
    kept=st.integers(0, 80),
)
def test_whatever_the_bytes_the_picture_comes_back(
    turn, stored, jpeg, with_orientation, changes, kept
):
    content = bytearray(with_orientation(jpeg, 6, "big"))
    for at, byte in changes:
        content[at] = byte

    result = turn(stored, bytes(content[:kept]))

    assert result.shape in ((16, 24, 3), (24, 16, 3))
    assert result.sum() == stored.sum()
