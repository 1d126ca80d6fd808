"""read_image: a file as people see it. to_rgb: any usual array as RGB uint8."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from tfface.image import ImageReadError, read_image, to_rgb

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def picture() -> np.ndarray:
    """2 high, 3 wide: red, green, blue above white, grey, black."""
    return np.array([[RED, GREEN, BLUE], [(255,) * 3, (100,) * 3, (0,) * 3]], np.uint8)


def write(path: Path, pixels: np.ndarray, *parameters: int) -> Path:
    """Writes pixels, in OpenCV's order (blue first), without loss where the format can."""
    assert cv2.imwrite(str(path), pixels, parameters)
    return path


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff", ".ppm"])
def test_pictures_come_in_rgb(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"colours{suffix}", picture()[..., ::-1])

    image = read_image(path)

    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    np.testing.assert_array_equal(image, picture())


def test_a_name_may_have_any_letters_and_be_a_string(tmp_path: Path) -> None:
    write(tmp_path / "plain.png", picture()[..., ::-1]).rename(tmp_path / "Фото 顔.png")

    assert read_image(str(tmp_path / "Фото 顔.png")).shape == (2, 3, 3)


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [
        # Where the mark of the stored picture, in its upper left corner, is when it is upright.
        (1, "upper left"),
        (3, "lower right"),  # turned by 180 degrees
        (6, "upper right"),  # to be turned clockwise by 90 degrees
        (8, "lower left"),  # to be turned anticlockwise by 90 degrees
    ],
)
def test_the_orientation_of_exif_is_applied(
    tmp_path: Path, orientation: int, corner: str, with_orientation: Callable[[bytes, int], bytes]
) -> None:
    stored = np.zeros((32, 64, 3), np.uint8)
    stored[:16, :16] = 255
    _, jpeg = cv2.imencode(".jpg", stored)
    path = tmp_path / "turned.jpg"
    path.write_bytes(with_orientation(jpeg.tobytes(), orientation))

    image = read_image(path)

    assert image.shape == ((64, 32, 3) if orientation in (6, 8) else (32, 64, 3))
    corners = {
        "upper left": image[4, 4, 0],
        "upper right": image[4, -4, 0],
        "lower left": image[-4, 4, 0],
        "lower right": image[-4, -4, 0],
    }
    assert max(corners, key=lambda name: int(corners[name])) == corner


def test_grey_becomes_three_equal_channels(tmp_path: Path) -> None:
    path = write(tmp_path / "grey.png", np.array([[0, 7, 255]], np.uint8))

    np.testing.assert_array_equal(read_image(path), [[(0,) * 3, (7,) * 3, (255,) * 3]])


def test_sixteen_bits_keep_their_upper_eight(tmp_path: Path) -> None:
    # 0x12FF -> 0x12 = 18, also next to white, which stays white.
    path = write(tmp_path / "deep.png", np.array([[0x12FF, 0xFFFF]], np.uint16))

    np.testing.assert_array_equal(read_image(path), [[(18,) * 3, (255,) * 3]])


def test_transparency_is_dropped(tmp_path: Path) -> None:
    clear_red = np.array([[(0, 0, 255, 0)]], np.uint8)  # blue, green, red, alpha

    np.testing.assert_array_equal(read_image(write(tmp_path / "clear.png", clear_red)), [[RED]])


def test_errors_name_the_file_and_what_is_wrong(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jpg"
    empty.touch()
    text = tmp_path / "text.jpg"
    text.write_text("no picture at all")
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    whole = write(tmp_path / "whole.png", noise)
    cut = tmp_path / "cut.png"
    cut.write_bytes(whole.read_bytes()[:4000])

    with pytest.raises(ImageReadError, match=r"missing\.jpg.*No such file"):
        read_image(tmp_path / "missing.jpg")
    with pytest.raises(ImageReadError, match=r"expected a picture file"):
        read_image(tmp_path)  # a folder
    with pytest.raises(ImageReadError, match=r"empty\.jpg.*got an empty file"):
        read_image(empty)
    with pytest.raises(ImageReadError, match=r"text\.jpg.*17 bytes"):
        read_image(text)
    with pytest.raises(ImageReadError, match=r"cut\.png.*cut short"):
        read_image(cut)


def test_rgb_bytes_are_not_copied() -> None:
    image = picture()

    assert to_rgb(image) is image


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (np.array([[9]], np.uint8), (9, 9, 9)),
        (np.array([[[9]]], np.uint8), (9, 9, 9)),
        (np.array([[[1, 2, 3, 0]]], np.uint8), (1, 2, 3)),
        (np.array([[[0x0100, 0x02FF, 0xFFFF]]], np.uint16), (1, 2, 255)),
        (np.array([[[0.0, 1.6, 255.0]]], np.float32), (0, 2, 255)),  # rounded
        (np.zeros((1, 1, 3), np.float64), (0, 0, 0)),
    ],
    ids=["grey", "grey with an axis", "RGBA", "16 bits", "float", "black float"],
)
def test_arrays_become_rgb_bytes(given: np.ndarray, expected: tuple[int, int, int]) -> None:
    image = to_rgb(given)

    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, [[expected]])


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("family.jpg", TypeError, "read_image"),
        (Path("family.jpg"), TypeError, "read_image"),
        (np.zeros((2, 2, 3), np.int64), TypeError, "int64.*astype"),
        (np.zeros(5, np.uint8), ValueError, r"\(5,\)"),
        (np.zeros((3, 8, 8), np.uint8), ValueError, "channels last"),
        (np.zeros((1, 8, 8, 3), np.uint8), ValueError, "one picture"),
        (np.zeros((0, 8, 3), np.uint8), ValueError, "with pixels"),
        (np.full((2, 2, 3), 0.5), ValueError, "multiply it by 255"),
        (np.full((2, 2, 3), 256.0), ValueError, r"256\.\.256"),
        (np.full((2, 2, 3), -1.0), ValueError, r"-1\.\.-1"),
        (np.full((2, 2, 3), np.nan), ValueError, "not finite"),
    ],
)
def test_other_arrays_are_refused(given: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        to_rgb(given)
