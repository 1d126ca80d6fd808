"""tfface.annotated: copies of pictures that do not take the place of pictures."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tfface.annotated import annotated_paths, is_annotated, write_annotated
from tfface.image import read_image


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


def test_annotated_pictures_keep_the_stem() -> None:
    pictures = [Path("a/one.jpg"), Path("b/two.PNG"), Path("c/dotted.name.jpg")]

    names = [path.name for path in annotated_paths(pictures, Path("out"))]

    assert names == ["one.png", "two.png", "dotted.name.png"]


def test_equal_stems_do_not_overwrite_each_other() -> None:
    pictures = [Path("a/x.jpg"), Path("b/x.png"), Path("c/X.jpg"), Path("d/x-2.jpg")]

    names = [path.name for path in annotated_paths(pictures, Path("out"))]

    assert names == ["x.png", "x-2.png", "X-3.png", "x-2-2.png"]


@pytest.mark.parametrize("annotated_before", [False, True])
def test_only_annotated_pictures_are_replaced(tmp_path: Path, annotated_before: bool) -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    if annotated_before:
        write_annotated(tmp_path / "a.png", image)
    else:
        cv2.imwrite(str(tmp_path / "a.png"), image)  # of the user, though not among the pictures

    (path,) = annotated_paths([Path("elsewhere/a.jpg")], tmp_path)

    assert path.name == ("a.png" if annotated_before else "a-2.png")


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to("original.png")

    assert annotated_paths([Path("a.jpg")], tmp_path) == [tmp_path / "a-2.png"]
