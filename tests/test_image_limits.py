"""tfface.image: what is refused before memory is spent on it."""

import os
import struct
import zlib
from pathlib import Path

import cv2
import pytest

from tfface.image import ImageReadError, check_claim, read_image
from tfface.pixel_limit import MAX_PIXELS


def png_of(width: int, height: int) -> bytes:
    """A PNG file of one IDAT that says nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def test_pictures_that_claim_too_much_are_refused_before_they_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cv2, "imdecode", None)
    bomb, lie, small = (tmp_path / name for name in ("bomb.png", "lie.png", "small.png"))
    bomb.write_bytes(png_of(20_000, 20_000))
    lie.write_bytes(png_of(20, 24).replace(b"\0\0\0\x08IDAT", b"\x7f\xff\xff\xffIDAT"))
    small.write_bytes(png_of(20, 24))

    with pytest.raises(ImageReadError, match=r"bomb\.png: .* 20000 x 20000 = 400000000; reduce it"):
        read_image(bomb)
    with pytest.raises(ImageReadError, match=r"PNG that are damaged .*'IDAT' of 2147483647 bytes"):
        read_image(lie)
    with pytest.raises(ImageReadError, match="at most 400 pixels, got 20 x 24 = 480"):
        read_image(small, max_pixels=400)


def test_a_hundred_megapixels_pass_the_default() -> None:
    check_claim(png_of(10_000, 10_000))
    assert MAX_PIXELS >= 100_000_000


def test_a_file_of_more_bytes_than_its_pixels_may_have_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tfface.image._SMALL", 100)
    (tmp_path / "long.png").write_bytes(png_of(2, 2) + bytes(500))

    with pytest.raises(ImageReadError, match=r"long\.png: .* at most 100 bytes, got more"):
        read_image(tmp_path / "long.png", max_pixels=4)


def test_pipes_devices_and_circles_are_refused_without_opening_them(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "circle.jpg").symlink_to("circle.jpg")
    for path, message in (
        (tmp_path / "pipe.jpg", "got a pipe"),
        ("/dev/zero", "got a device"),
        (tmp_path, "got a folder"),
        (tmp_path / "circle.jpg", "Too many levels of symbolic links"),
        (tmp_path / ("a" * 300 + ".jpg"), "File name too long"),
    ):
        with pytest.raises(ImageReadError, match=message):
            read_image(path)
