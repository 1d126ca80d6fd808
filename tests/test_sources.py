"""tfface.sources: pictures however they are given, one after another."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest

from tests.detecting import Tensor
from tfface.image import TooManyPixelsError
from tfface.pixel_limit import limited_pixels
from tfface.sources import load_picture, read_ahead


def encoded(value: int) -> bytes:
    """The file of a picture of one grey."""
    return cv2.imencode(".png", np.full((8, 9, 3), value, np.uint8))[1].tobytes()


def in_one_array(folder: Path) -> Iterator[Any]:
    frame = np.zeros((8, 9, 3), np.uint8)
    for value in range(4):
        frame[:] = value
        yield frame


def in_one_tensor(folder: Path) -> Iterator[Any]:
    return map(Tensor, in_one_array(folder))


def in_one_buffer(folder: Path) -> Iterator[Any]:
    buffer = bytearray(encoded(0))
    for value in range(4):
        buffer[:] = encoded(value)
        yield buffer


def in_one_file(folder: Path) -> Iterator[Any]:
    for value in range(4):
        (folder / "a.png").write_bytes(encoded(value))
        yield folder / "a.png"
    (folder / "a.png").unlink()


def in_files_that_are_closed(folder: Path) -> Iterator[Any]:
    from PIL import Image

    for path in in_one_file(folder):
        with Image.open(path) as picture:
            yield picture


def in_all_ways(folder: Path) -> Iterator[Any]:
    (folder / "0.png").write_bytes(encoded(0))
    yield from (folder / "0.png", encoded(1), np.full((8, 9, 3), 2, np.uint8), encoded(3))


@pytest.mark.parametrize(
    "sources",
    [
        *(in_one_array, in_one_tensor, in_one_buffer, in_one_file),
        *(in_files_that_are_closed, in_all_ways),
    ],
)
def test_pictures_are_those_that_were_given_whatever_becomes_of_them_later(
    tmp_path: Path, sources: Any
) -> None:
    found = [int(image.max()) for _, image in read_ahead(sources(tmp_path))]

    assert found == [0, 1, 2, 3]


def test_an_array_is_still_the_picture_while_its_faces_are_drawn(tmp_path: Path) -> None:
    drawn = [int(load_picture(source).max()) for source, _ in read_ahead(in_one_array(tmp_path))]

    assert drawn == [0, 1, 2, 3]


def test_files_are_read_while_the_one_before_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    began = threading.Event()

    def load(source: bytes, bgr: bool) -> bytes:
        if source == b"second":
            began.set()
        return source

    monkeypatch.setattr("tfface.sources.load_picture", load)
    pictures = read_ahead([b"first", b"second"])

    assert next(pictures) == (b"first", b"first")
    assert began.wait(10)
    assert list(pictures) == [(b"second", b"second")]


@pytest.mark.parametrize("kind", [bytes, bytearray])  # read ahead, and not
def test_the_limit_on_pixels_is_that_of_the_caller(kind: type) -> None:
    content = kind(encoded(1))
    with limited_pixels(71), pytest.raises(TooManyPixelsError, match="at most 71 pixels"):
        list(read_ahead([content]))
    with limited_pixels(72):
        assert len(list(read_ahead([content]))) == 1


@pytest.mark.parametrize(
    "one",
    ["a.png", Path("a.png"), b"content", np.zeros((8, 9, 3), np.uint8), PIL.Image.new("L", (8, 9))],
)
def test_one_picture_is_not_taken_for_several(one: Any) -> None:
    with pytest.raises(TypeError, match=r"expected pictures, .* got one, a \w+; use detect, or"):
        next(read_ahead(one))


def test_an_array_of_pictures_is_several() -> None:
    assert len(list(read_ahead(np.zeros((3, 8, 9, 3), np.uint8)))) == 3
