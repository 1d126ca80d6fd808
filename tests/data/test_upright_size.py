"""tfface.data.upright_size: the size of a picture as `read_image` shows it."""

import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from tfface.data.upright_size import upright_size
from tfface.image import read_image

WithOrientation = Callable[..., bytes]


def encoded(suffix: str) -> bytes:
    """A black picture 40 wide and 20 high."""
    return cv2.imencode(suffix, np.zeros((20, 40, 3), np.uint8))[1].tobytes()


@pytest.fixture
def undecoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> None:
        raise AssertionError(f"{path} is decoded")

    monkeypatch.setattr("tfface.data.upright_size.read_image", fail)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.usefixtures("undecoded")
def test_the_header_says_it(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "a").write_bytes(encoded(suffix))
    assert upright_size(tmp_path / "a") == (40, 20)


# CIPA DC-008, 4.6.4: from 5 on rows and columns are exchanged; 0 and 9 are no orientations.
@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize("byte_order", ["little", "big"])
def test_exif_turns_a_jpeg(
    tmp_path: Path, orientation: int, byte_order: str, with_orientation: WithOrientation
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(with_orientation(encoded(".jpg"), orientation, byte_order))

    assert upright_size(path) == ((20, 40) if 5 <= orientation <= 8 else (40, 20))
    assert upright_size(path) == read_image(path).shape[1::-1]


@pytest.mark.parametrize("at", [33, -12])  # behind IHDR, and before IEND
def test_exif_turns_a_png(tmp_path: Path, at: int, with_orientation: WithOrientation) -> None:
    exif = with_orientation(b"", 6)[4 + len(b"Exif\0\0") :]  # behind marker and length
    chunk = b"eXIf" + exif
    chunk = len(exif).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    data, path = encoded(".png"), tmp_path / "a.png"
    path.write_bytes(data[:at] + chunk + data[at:])

    assert upright_size(path) == read_image(path).shape[1::-1] == (20, 40)


def test_damaged_exif_turns_nothing(tmp_path: Path, with_orientation: WithOrientation) -> None:
    turned = with_orientation(encoded(".jpg"), 6)
    # The directory is said to begin behind the end of the file.
    path = tmp_path / "a.jpg"
    path.write_bytes(turned.replace(b"II*\0\x08\0\0\0", b"II*\0\xff\xff\xff\0"))

    assert upright_size(path) == (40, 20)


@pytest.mark.parametrize("suffix", [".bmp", ".tiff", ".webp"])
def test_pictures_of_other_formats_are_decoded(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(encoded(suffix))
    assert upright_size(path) == (40, 20)


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"])
def test_what_cannot_be_read_has_no_size(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(data)
    assert upright_size(tmp_path / "a.jpg") is None
    assert upright_size(tmp_path / "nowhere.jpg") is None
