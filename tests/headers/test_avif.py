"""tfface.headers.avif: the frames that a file is decoded from, whatever it claims."""

import struct
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from tfface.headers import claimed_size
from tfface.headers.av1 import frame_sizes

IMAGE = np.zeros((48, 80, 3), np.uint8)


def picture() -> bytes:
    return cv2.imencode(".avif", IMAGE)[1].tobytes()


def sequence() -> bytes:
    return cv2.imencodemulti(".avif", [IMAGE, IMAGE])[1].tobytes()


def claiming(data: bytes, width: int, height: int) -> bytes:
    """The file with other sizes in all boxes `ispe` and `tkhd`."""
    for kind, at, unit in ((b"ispe", 4, 1), (b"tkhd", 88, 1 << 16)):
        size = struct.pack(">II", width * unit, height * unit)
        first, *others = data.split(kind)
        data = kind.join([first, *(part[:at] + size + part[at + 8 :] for part in others)])
    return data


@pytest.mark.parametrize("make", [picture, sequence])
def test_frames_larger_than_a_file_claims_are_seen(make: Callable[[], bytes]) -> None:
    assert claimed_size(make()) == (80, 48)
    assert claimed_size(claiming(make(), 16, 8)) == (80, 48)
    assert claimed_size(claiming(make(), 800, 8)) == (800, 8)


def test_the_size_in_a_sequence_header() -> None:
    # profile 000, still 1, reduced 1, level 00000; 8 bits each (7, 7); 100 - 1 and 50 - 1
    bits = "0001100000011101110110001100110001"
    content = int(bits.ljust(40, "0"), 2).to_bytes(5, "big")
    delimiter = bytes([2 << 3 | 0b10, 0])
    header = bytes([1 << 3 | 0b10, len(content)]) + content
    assert list(frame_sizes(delimiter + header)) == [(100, 50)]
    # without a length it reaches to the end; cut short there is none
    assert list(frame_sizes(bytes([1 << 3]) + content)) == [(100, 50)]
    assert list(frame_sizes(header[:-1])) == []
    assert list(frame_sizes(b"\x0a\x02\x18\x00")) == []


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


@pytest.mark.parametrize(
    ("sizes", "extents"),
    [
        # Places and lengths of a byte each: 100 times the first 255 bytes.
        (b"\x11\0", struct.pack(">H", 100) + b"\0\xff" * 100),
        # Of no bytes at all: 65,535 times the whole file.
        (b"\0\0", b"\xff\xff"),
    ],
)
def test_items_of_the_same_bytes_many_times_are_refused(sizes: bytes, extents: bytes) -> None:
    entry = box(b"infe", b"\2\0\0\0" + struct.pack(">HH", 1, 0) + b"av01")
    kinds = box(b"iinf", bytes(4) + struct.pack(">H", 1) + entry)
    places = struct.pack(">HHH", 1, 1, 0) + extents  # item 1, in the file itself
    located = box(b"iloc", bytes(4) + sizes + places)
    data = box(b"ftyp", b"avif") + box(b"meta", bytes(4) + kinds + located)
    with pytest.raises(ValueError, match="claim the same bytes several times"):
        claimed_size(data)


def test_tracks_of_the_same_bytes_many_times_are_refused() -> None:
    described = box(b"stsd", bytes(8) + box(b"av01", bytes(16)))
    starts = box(b"stco", bytes(4) + struct.pack(">II", 1, 0)) * 5  # each from the first byte on
    data = box(b"ftyp", b"avis") + box(b"moov", box(b"trak", described + starts))
    with pytest.raises(ValueError, match="claim the same bytes several times"):
        claimed_size(data)
