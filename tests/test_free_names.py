"""tfface.free_names: copies that take the place of nothing but copies."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from tfface.annotated import is_annotated, write_annotated
from tfface.free_names import FreeNames

IMAGE = np.zeros((4, 4, 3), np.uint8)


def names_of(*taken: Path) -> FreeNames:
    return FreeNames(taken, is_annotated)


def test_equal_stems_do_not_share_a_name() -> None:
    names = names_of()

    given = [names.single(Path("out"), stem, ".png") for stem in ("x", "x", "X", "x-2")]

    assert given == [Path("out", f"{name}.png") for name in ("x", "x-2", "X-3", "x-2-2")]


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        (b"b\xe9", b"b\xe9"),
        (b"\xe9", b"\xe9"),
        (b"\xe9" * 250, b"\xe9" * 240),
        ("ê".encode() * 125, "ê".encode() * 120),
        (b"n" + "ê".encode() * 125, b"n" + "ê".encode() * 119),
    ],
)
def test_names_that_are_no_text_stay_and_others_end_with_a_whole_letter(
    stem: bytes, expected: bytes
) -> None:
    path = names_of().single(Path("out"), os.fsdecode(stem), ".png")

    assert os.fsencode(path.name) == expected + b".png"


def test_what_is_searched_is_taken(tmp_path: Path) -> None:
    names = names_of(tmp_path / "Clip.mp4", tmp_path / "b-1.png")

    assert names.single(tmp_path, "clip", ".mp4").name == "clip-2.mp4"
    assert names.series(tmp_path, "b").name == "b-2.png"


@pytest.mark.parametrize("is_copy", [False, True])
def test_of_files_that_are_there_only_copies_are_replaced(tmp_path: Path, is_copy: bool) -> None:
    for name in ("a.png", "b-7.png"):
        if is_copy:
            write_annotated(tmp_path / name, IMAGE)
        else:
            cv2.imwrite(str(tmp_path / name), IMAGE)

    names = names_of()

    assert names.single(tmp_path, "a", ".png").name == ("a.png" if is_copy else "a-2.png")
    assert names.series(tmp_path, "B").name == ("B.png" if is_copy else "B-2.png")


def test_a_series_and_single_names_keep_apart(tmp_path: Path) -> None:
    names = names_of()

    given = [names.single(tmp_path, stem, ".png").name for stem in ("a", "a-1", "b")]

    assert given == ["a.png", "a-1.png", "b.png"]
    assert names.series(tmp_path, "a").name == "a-2.png"  # for a-2-1.png, a-2-2.png, ...
    assert names.series(tmp_path, "a-2").name == "a-2-2.png"
    assert names.series(tmp_path, "b").name == "b.png"


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to("original.png")

    assert names_of().single(tmp_path, "a", ".png") == tmp_path / "a-2.png"
