"""tfface.headers: how large a picture is, by the first bytes of its file."""

import struct
import zlib

import cv2
import numpy as np
import pytest

from tfface.file_kinds import PICTURE_SUFFIXES
from tfface.headers import claimed_size

WRITTEN = sorted(PICTURE_SUFFIXES - {".apng", ".j2k", ".jfif", ".pnm", ".dib", ".jpe", ".sr"})


def written(suffix: str, height: int = 48, width: int = 80) -> bytes:
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    if suffix in (".pbm", ".pgm"):
        image = image[..., 0]
    ok, data = cv2.imencode(suffix, image)
    assert ok
    return data.tobytes()


def chunk(kind: bytes, content: bytes, length: int | None = None) -> bytes:
    """PNG, 5.3; a `length` other than that of the content is a lie."""
    length = len(content) if length is None else length
    return (
        struct.pack(">I", length) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    )


def png(width: int, height: int, *chunks: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks)


def box(kind: bytes, content: bytes, length: int | None = None) -> bytes:
    length = 8 + len(content) if length is None else length
    return struct.pack(">I", length) + kind + content


def tiff(order: str, *entries: tuple[int, int, int]) -> bytes:
    """One directory of `(tag, type, value)`."""
    start = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "IH", 8, len(entries))
    for tag, kind, value in entries:
        one = (
            struct.pack(order + "H", value) + b"\0\0"
            if kind == 3
            else struct.pack(order + "I", value)
        )
        start += struct.pack(order + "HHI", tag, kind, 1) + one
    return start


@pytest.mark.parametrize("suffix", WRITTEN)
def test_the_size_of_every_format_that_is_written(suffix: str) -> None:
    assert claimed_size(written(suffix)) == (80, 48)


@pytest.mark.parametrize(
    "form", [cv2.IMWRITE_HDR_COMPRESSION_NONE, cv2.IMWRITE_HDR_COMPRESSION_RLE]
)
def test_radiance_and_float_maps(form: int) -> None:
    image = np.ones((48, 80, 3), np.float32)
    for suffix, options in ((".hdr", [cv2.IMWRITE_HDR_COMPRESSION, form]), (".pfm", [])):
        _, data = cv2.imencode(suffix, image, options)
        assert claimed_size(data.tobytes()) == (80, 48)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (png(7, 5, chunk(b"IEND", b"")), (7, 5)),
        # A frame of APNG: sequence number, then its size; behind the end nothing counts.
        (png(7, 5, chunk(b"fcTL", struct.pack(">III", 0, 900, 800) + bytes(14))), (900, 800)),
        (png(7, 5, chunk(b"IEND", b"")) + b"\xff\xff", (7, 5)),
        (b"GIF89a" + struct.pack("<HH", 65535, 3), (65535, 3)),
        (b"BM" + bytes(12) + struct.pack("<Iii", 40, 70000, -9), (70000, 9)),
        (b"BM" + bytes(12) + struct.pack("<IHH", 12, 7, 9), (7, 9)),
        (tiff("<", (256, 4, 90000), (257, 3, 5)), (90000, 5)),
        (tiff(">", (256, 3, 7), (257, 4, 80000)), (7, 80000)),
        # The memory of a tile is taken whole; 9 samples are three times 4, about.
        (tiff("<", (256, 3, 7), (257, 3, 5), (322, 4, 4096), (323, 4, 4096)), (4096, 4096)),
        (tiff("<", (256, 3, 7), (257, 3, 5), (277, 3, 9)), (7, 15)),
        (tiff("<", (256, 3, 7), (256, 4, 99999), (257, 3, 5)), (99999, 5)),
        (b"P6\n# 1 1\n 300 #\n200 255\n", (300, 200)),
        (b"P7\nWIDTH 3\nHEIGHT 4\nWIDTH 500\nDEPTH 8\nENDHDR\n", (500, 8)),
        (
            b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\xff\xff\xff\x09\0\0\0\0",
            (1 << 24, 10),
        ),
        # TEM has no segment: what follows it is the frame that decoders see.
        (b"\xff\xd8\xff\x01\xff\xc0\0\x11\x08\x00\x09\xff\xff\x03", (65535, 9)),
        (
            box(b"ftyp", b"avif")
            + box(
                b"meta",
                bytes(4)
                + box(
                    b"iprp",
                    box(
                        b"ipco",
                        b"".join(
                            box(b"ispe", struct.pack(">III", 0, *size))
                            for size in ((8, 9), (60000, 50000))
                        ),
                    ),
                ),
            ),
            (60000, 50000),
        ),
        # The header box of JP2 may say what it likes: 100 - 20 by 50 - 10, and 5 components.
        (
            b"\0\0\0\x0cjP  \r\n\x87\n"
            + box(b"jp2h", box(b"ihdr", struct.pack(">II", 1, 1)))
            + box(
                b"jp2c",
                b"\xff\x4f\xff\x51\0\x29\0\0"
                + struct.pack(">4I", 100, 50, 20, 10)
                + bytes(16)
                + struct.pack(">H", 5),
                0,
            ),
            (80, 80),
        ),
    ],
)
def test_the_largest_claim_counts(data: bytes, size: tuple[int, int]) -> None:
    assert claimed_size(data) == size


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        b"\x89PNG\r\n\x1a\n",
        png(20, 24, chunk(b"tEXt", b"x" * 12, length=1 << 30)),
        png(20, 24, chunk(b"IDAT", b"x" * 12, length=(1 << 32) - 1)),
        png(20, 24, chunk(b"PLTE", b"x" * 12, length=0xFF0002A6)),
        png(0, 24, chunk(b"IEND", b"")),
        b"RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\x7f" + bytes(30),
        b"RIFF\x0c\0\0\0WAVEdata",
        box(b"ftyp", b"avif") + box(b"meta", bytes(4), 1 << 30),
        box(b"ftyp", b"avif") + box(b"free", b"", 3),
        b"\xff\xd8\xff\xe0\0\x10",
        b"II*\0\xff\xff\xff\xff",
        b"II*\0\x08\0\0\0\xff\xff" + bytes(12),
        b"II+\0\x08\0\0\0" + b"\xff" * 16,  # BigTIFF whose directory is at 2^64 - 1
        b"P6\nwidth",
        b"#?RADIANCE\n\n",
    ],
)
def test_lies_and_what_is_cut_short_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        claimed_size(data)


@pytest.mark.parametrize("suffix", WRITTEN)
def test_no_cut_and_no_changed_byte_is_another_error(suffix: str) -> None:
    data = written(suffix)
    generator = np.random.default_rng(1)
    for _ in range(100):
        changed = bytearray(data[: generator.integers(len(data))])
        for place in generator.integers(0, max(1, len(changed)), 3):
            changed[place : place + 1] = generator.bytes(1)
        try:
            width, height = claimed_size(bytes(changed))
        except ValueError:
            continue
        assert width > 0 < height
