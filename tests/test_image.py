"""tfface.image: a file as people see it."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.images import RED, picture
from tfface.file_kinds import PICTURE_SUFFIXES
from tfface.image import (
    ImageReadError,
    UnreadablePictureError,
    decode_file,
    decode_picture,
    read_image,
)
from tfface.rgb import to_rgb


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


@pytest.mark.parametrize(
    ("brightest", "shift"),
    [
        # The fewest of 8, 10, 12, 14 and 16 bits that hold the brightest value lose all but 8.
        (255, 0),
        (256, 2),
        (1023, 2),
        (1024, 4),
        (4095, 4),
        (16383, 6),
        (16384, 8),
        (65535, 8),
    ],
)
@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_sixteen_bits_are_scaled_by_those_in_use(
    tmp_path: Path, suffix: str, brightest: int, shift: int
) -> None:
    values = np.array([[0, brightest // 2, brightest]], np.uint16)
    expected = np.repeat((values >> shift)[..., None], 3, axis=2)

    np.testing.assert_array_equal(read_image(write(tmp_path / f"deep{suffix}", values)), expected)
    np.testing.assert_array_equal(to_rgb(values), expected)
    assert to_rgb(values).dtype == np.uint8


def test_float_files_are_taken_as_float_arrays(tmp_path: Path) -> None:
    path = write(tmp_path / "float.tiff", np.full((2, 2, 3), 99.6, np.float32))
    # 99.6 is 100; older releases of OpenCV store such TIFF files with loss
    np.testing.assert_allclose(read_image(path), np.full((2, 2, 3), 100), atol=2)

    write(path, np.full((2, 2, 3), 0.5, np.float32))
    with pytest.raises(ImageReadError, match=r"float\.tiff: .*looks like 0\.\.1"):
        read_image(path)


@pytest.mark.parametrize("suffix", [".avif", ".jp2"])
def test_newer_formats_are_read(tmp_path: Path, suffix: str) -> None:
    if suffix not in PICTURE_SUFFIXES:
        pytest.skip(f"this OpenCV does not decode {suffix}")
    path = write(tmp_path / f"red{suffix}", np.full((64, 64, 3), RED[::-1], np.uint8))

    difference = np.abs(read_image(path).astype(int) - RED)
    assert difference.max() <= 4  # AVIF is written with loss


def jpeg_without(path: Path, missing: int, parameters: tuple[int, ...] = ()) -> np.ndarray:
    """Writes a JPEG file without its last bytes; returns its pixels as they are with them."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = write(path, noise, *parameters).read_bytes()
    pixels = read_image(path)
    path.write_bytes(data[:-missing])
    return pixels


@pytest.mark.parametrize("parameters", [(), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)])
@pytest.mark.parametrize("missing", [1, 2])
def test_a_jpeg_that_lacks_only_its_end_is_read_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, missing: int, parameters: tuple[int, ...]
) -> None:
    pixels = jpeg_without(tmp_path / "lacking.jpg", missing, parameters)

    np.testing.assert_array_equal(read_image(tmp_path / "lacking.jpg"), pixels)
    assert caplog.messages == [
        f"{tmp_path}/lacking.jpg: the file lacks the end marker of JPEG; all pixels are there"
    ]


@pytest.mark.parametrize("missing", [20, 2000])
@pytest.mark.parametrize("padding", [0, 100_000])
def test_a_jpeg_that_lacks_pixels_is_an_error(tmp_path: Path, missing: int, padding: int) -> None:
    path = tmp_path / "cut.jpg"
    jpeg_without(path, missing)
    path.write_bytes(path.read_bytes() + bytes(padding))  # as an interrupted download leaves

    with pytest.raises(ImageReadError, match=r"cut\.jpg.* of JPEG that are damaged or cut short"):
        read_image(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("film.jpg", b"\0\0\0\x18ftypmp42\0\0\0\0isom", "a video.*ffmpeg"),
        ("IMG.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1", "HEIC.*heif-convert"),
        ("page.png", b"<!DOCTYPE html><p>404", "a web page; download it again"),
        ("IMG.NEF", b"II*\0\x08\0\0\0", "raw data of a camera; develop it"),
    ],
)
def test_what_is_no_picture_for_opencv_is_named(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ImageReadError, match=f"{name}: expected a picture, got {message}"):
        read_image(tmp_path / name)
    with pytest.raises(ImageReadError, match=f"{name}: expected a picture, got {message}"):
        decode_file(content, name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no bytes"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1", "HEIC.*heif-convert"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isom", "a video.*ffmpeg"),
        (b"\xff\xd8\xff\xe0 and no more", "16 bytes of JPEG that are damaged"),
        (b"no picture at all", "17 bytes that are damaged, cut short or of a format"),
    ],
)
def test_bytes_are_named_as_files_are(content: bytes, message: str) -> None:
    with pytest.raises(UnreadablePictureError, match=f"^expected a picture, got {message}"):
        decode_picture(content)


def test_of_raw_data_in_bytes_no_thumbnail_is_decoded() -> None:
    # A TIFF that OpenCV decodes. Its pixels, not compressed, begin at byte 8: there CR2 has "CR".
    pixels = np.full((8, 8, 3), (2, *b"RC"), np.uint8)
    content = cv2.imencode(".tif", pixels, [cv2.IMWRITE_TIFF_COMPRESSION, 1])[1].tobytes()
    assert content[8:10] == b"CR"

    with pytest.raises(UnreadablePictureError, match="raw data of a camera; develop it"):
        decode_picture(content)


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
