"""tfface.annotated: the mark of copies."""

import os
from pathlib import Path

import cv2
import numpy as np

from tfface.annotated import FILM_MARK, is_annotated, write_annotated
from tfface.image import read_image
from tfface.video import open_video
from tfface.video_writer import write_video


def test_an_annotated_picture_is_a_png_that_is_known_again(tmp_path: Path) -> None:
    from PIL import Image

    image = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    path, copy = tmp_path / "a.png", tmp_path / "copy.png"

    write_annotated(path, image)
    cv2.imwrite(str(copy), image)

    np.testing.assert_array_equal(read_image(path), image)
    with Image.open(path) as opened:  # an independent reader, which checks the chunk's checksum
        opened.load()
        assert opened.text == {"Software": "tfface.detect"}  # type: ignore[attr-defined]
    assert is_annotated(path)
    assert not is_annotated(copy)
    assert not is_annotated(tmp_path / "missing.png")
    assert not is_annotated(tmp_path)


def test_an_mp4_file_with_the_mark_is_known_again_and_plays(tmp_path: Path) -> None:
    for name, mark in (("marked.mp4", FILM_MARK), ("own.mp4", b"")):
        with write_video(tmp_path / name, 10, mark) as video:
            for _ in range(3):
                video.write(np.zeros((32, 32, 3), np.uint8))

    assert is_annotated(tmp_path / "marked.mp4")
    assert not is_annotated(tmp_path / "own.mp4")
    with open_video(tmp_path / "marked.mp4") as video:
        assert len(list(video.frames())) == 3


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")

    assert not is_annotated(tmp_path / "a.png")
