"""tfface.rgb: arrays and pictures of Pillow as RGB bytes."""

from pathlib import Path

import numpy as np
import pytest

from tests.images import RED, picture
from tfface.rgb import to_rgb


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


def test_a_picture_of_pillow_is_turned_and_converted() -> None:
    from PIL import Image

    upright = Image.fromarray(picture())
    orientation = Image.Exif()
    orientation[0x0112] = 6  # to be turned clockwise by 90 degrees
    turned = upright.transpose(Image.Transpose.ROTATE_90)
    turned.getexif().update(orientation)

    np.testing.assert_array_equal(to_rgb(upright), picture())
    np.testing.assert_array_equal(to_rgb(turned), picture())
    assert to_rgb(upright).flags.writeable


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("RGBA", (255, 0, 0)),
        ("CMYK", (255, 0, 0)),
        ("P", (255, 0, 0)),
        ("L", (76, 76, 76)),  # 0.299 * 255
        ("1", (0, 0, 0)),  # below one half
    ],
)
def test_every_mode_of_pillow_becomes_rgb(mode: str, expected: tuple[int, int, int]) -> None:
    from PIL import Image

    red = Image.new("RGB", (1, 1), RED).convert(mode)

    np.testing.assert_array_equal(to_rgb(red), [[expected]])


def test_pictures_of_pillow_with_many_bits_keep_them_until_they_are_scaled() -> None:
    from PIL import Image

    # 0x0FFF is the brightest of 12 bits: 0x0FFF >> 4 = 255, 0x0800 >> 4 = 128
    deep = Image.fromarray(np.array([[0x0FFF, 0x0800]], np.uint16))

    np.testing.assert_array_equal(to_rgb(deep), [[(255,) * 3, (128,) * 3]])


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("family.jpg", TypeError, "read_image"),
        (Path("family.jpg"), TypeError, "read_image"),
        (None, TypeError, "got None, as cv2.imread returns .*tfface.read_image says why"),
        (b"\xff\xd8\xff", TypeError, "got 3 bytes; .*tfface.read_image.*cv2.imdecode"),
        (7, TypeError, "got 7 of type int; pass a NumPy array"),
        ([[0, 1], [2, 3]], TypeError, "a list of 2; .*numpy.array"),
        ([np.zeros((2, 2, 3), np.uint8)], TypeError, "one picture after another"),
        ({"image": 1}, TypeError, "of type dict"),
        (np.zeros((2, 2, 3), np.int64), TypeError, r"int64.*astype\('uint8'\)$"),
        (np.zeros((2, 2, 3), bool), TypeError, r"bool.*astype\('uint8'\) \* 255$"),
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


def test_the_alpha_of_sixteen_bits_says_nothing_about_those_in_use() -> None:
    # 0x0FFF >> 4 = 255, though alpha has 16 bits; the order of the bytes does not matter
    image = np.array([[[0, 0x0FFF, 0x0800, 0xFFFF]]], np.uint16)

    np.testing.assert_array_equal(to_rgb(image), [[(0, 255, 128)]])
    np.testing.assert_array_equal(to_rgb(image.astype(">u2")), [[(0, 255, 128)]])


def test_black_of_sixteen_bits_is_black() -> None:
    assert not to_rgb(np.zeros((2, 2), np.uint16)).any()
