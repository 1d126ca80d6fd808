"""tfface.data.upright: files that every decoder shows the same way."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from tfface.data.upright import is_plain, read_upright
from tfface.image import ImageReadError


def picture() -> np.ndarray:
    """RGB uint8 (96, 128, 3), with a left that differs from its right."""
    return cv2.resize(astronaut()[:384], (128, 96), interpolation=cv2.INTER_AREA)


def encode(image: np.ndarray, suffix: str) -> bytes:
    image = image[..., ::-1] if image.ndim == 3 and image.shape[2] == 3 else image
    _, buffer = cv2.imencode(suffix, image)
    return buffer.tobytes()


def decode_stored(data: bytes) -> np.ndarray:
    """The RGB pixels as a decoder sees them that knows nothing of EXIF."""
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), flags))[..., ::-1]


GREY = picture()[..., 0]
ALPHA = np.dstack([picture(), GREY])


@pytest.mark.parametrize(
    ("data", "plain"),
    [
        (encode(picture(), ".jpg"), True),
        (encode(GREY, ".jpg"), True),
        (encode(picture(), ".jpg")[:-2], False),  # TensorFlow does not decode it without its end
        (encode(picture(), ".png"), True),
        (encode(GREY, ".png"), True),
        (encode(ALPHA, ".png"), False),
        (encode(picture().astype(np.uint16) * 257, ".png"), False),
        (encode(picture(), ".bmp"), False),
        (b"", False),
        (b"\xff\xd8\xff", False),
        (b"\x89PNG\r\n\x1a\n", False),
    ],
)
def test_which_files_are_plain(data: bytes, plain: bool) -> None:
    assert is_plain(data) == plain


def test_a_jpeg_of_four_components_is_not_plain() -> None:
    # SOI, then SOF0: length 20, 8 bits, 16 x 16, 4 components of 3 bytes each
    frame = b"\xff\xc0\x00\x14\x08\x00\x10\x00\x10\x04" + bytes(12)
    assert not is_plain(b"\xff\xd8" + frame)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_plain_file_keeps_its_bytes(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(encode(picture(), suffix))
    got = read_upright(path)
    assert got.encoded == path.read_bytes()
    assert (got.height, got.width, got.scale) == (96, 128, (1.0, 1.0))


def test_an_orientation_that_turns_nothing_keeps_the_bytes(
    tmp_path: Path, with_orientation: Callable[[bytes, int], bytes]
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(with_orientation(encode(picture(), ".jpg"), 1))
    assert read_upright(path).encoded == path.read_bytes()


# EXIF 2.32, tag 0x0112: 3 is turned by 180 degrees, 6 is to be turned clockwise by 90
@pytest.mark.parametrize(("orientation", "turns", "size"), [(3, 2, (96, 128)), (6, -1, (128, 96))])
def test_a_turned_picture_is_stored_upright(
    tmp_path: Path,
    orientation: int,
    turns: int,
    size: tuple[int, int],
    with_orientation: Callable[[bytes, int], bytes],
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(with_orientation(encode(picture(), ".jpg"), orientation))
    got = read_upright(path)
    assert (got.height, got.width) == size
    expected = np.rot90(picture(), turns)
    difference = np.abs(decode_stored(got.encoded).astype(int) - expected)
    assert difference.mean() < 6  # two JPEG compressions; a wrong turn gives over 60


@pytest.mark.parametrize("name", ["a.bmp", "a.png"])
def test_other_files_become_jpeg(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    image = picture() if name == "a.bmp" else picture().astype(np.uint16) * 257
    path.write_bytes(encode(image, path.suffix))
    got = read_upright(path)
    assert got.encoded.startswith(b"\xff\xd8\xff")
    assert np.abs(decode_stored(got.encoded).astype(int) - picture()).mean() < 6


def test_a_long_picture_is_reduced(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encode(picture(), ".png"))
    got = read_upright(path, max_side=50)
    # 96 * 50 / 128 = 37.5, rounded to even: 38
    assert (got.height, got.width) == (38, 50)
    assert got.scale == (50 / 128, 38 / 96)
    assert decode_stored(got.encoded).shape == (38, 50, 3)


def test_a_short_picture_is_not_enlarged(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encode(picture(), ".png"))
    assert read_upright(path, max_side=128).encoded == path.read_bytes()


@pytest.mark.parametrize("data", [b"", b"no picture", encode(picture(), ".jpg")[:900]])
def test_an_unreadable_file_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "broken.jpg"
    path.write_bytes(data)
    with pytest.raises(ImageReadError, match=r"broken\.jpg"):
        read_upright(path)
