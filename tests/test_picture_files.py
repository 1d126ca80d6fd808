"""tfface.picture_files: which files are searched, and what is said of the others."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from tfface.annotated import write_annotated
from tfface.picture_files import find_pictures

IMAGE = np.zeros((8, 8, 3), np.uint8)


def save(path: Path, suffix: str | None = None) -> Path:
    """A picture, of the format of another suffix where one is given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _, data = cv2.imencode(suffix or path.suffix, IMAGE)
    path.write_bytes(data.tobytes())
    return path


def touch(path: Path, content: bytes = b"") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_folders_are_searched_for_pictures(tmp_path: Path) -> None:
    expected = [save(tmp_path / "B.PNG"), save(tmp_path / "deep" / "er" / "c.bmp")]

    assert find_pictures([tmp_path, expected[0], tmp_path / "deep"]).pictures == expected
    assert find_pictures([expected[1], tmp_path]).pictures == expected[::-1]  # each once


@pytest.mark.parametrize("suffix", [".jfif", ".jpe", ".JPEG", ".webp", ".tif", ".pgm", ".jp2"])
def test_pictures_by_name(tmp_path: Path, suffix: str) -> None:
    # Also damaged ones: what is called a picture and is none is worth an error.
    broken = touch(tmp_path / f"a{suffix}", b"no picture")

    assert find_pictures([tmp_path]).pictures == [broken]


@pytest.mark.skipif(not cv2.haveImageWriter(".avif"), reason="this OpenCV has no AVIF")
def test_avif(tmp_path: Path) -> None:
    assert find_pictures([save(tmp_path / "a.avif").parent]).pictures == [tmp_path / "a.avif"]


@pytest.mark.parametrize("name", ["IMG_1", "photo.jpg_large", "IMG.HEIC", "scan.001"])
def test_pictures_by_content(tmp_path: Path, name: str) -> None:
    assert find_pictures([save(tmp_path / name, ".jpg").parent]).pictures == [tmp_path / name]


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    save(tmp_path / "a" / ".hidden.png")
    save(tmp_path / "a" / ".thumbnails" / "b.png")
    visible = save(tmp_path / ".named" / "c.png")

    assert find_pictures([tmp_path / "a"]).pictures == []
    assert find_pictures([tmp_path / ".named"]).pictures == [visible]  # where one asks for it


def test_what_is_skipped_is_counted_by_kind(tmp_path: Path) -> None:
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1"
    for name, content in [
        ("1.heic", heic),
        ("2.HEIC", heic),
        ("film.mp4", b"\0\0\0\x18ftypisom\0\0\0\0mp41"),
        ("raw.nef", b"II*\0\x08\0\0\0"),
        ("notes.txt", b"BM"),  # how a BMP file starts, too
        ("Makefile", b""),
    ]:
        touch(tmp_path / name, content)
    (tmp_path / "link").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.jpg")

    found = find_pictures([tmp_path, tmp_path])

    assert found.pictures == []
    assert found.skipped == {
        ".heic": 2,
        ".mp4": 1,
        ".nef": 1,
        ".txt": 1,
        "without a suffix": 1,
        "linked folders": 1,
        ".jpg": 1,
    }
    counts, *advice = found.passed_over()
    assert counts.startswith("skipped 2 .heic, ")
    assert "1 .txt" in counts
    assert {line.partition(": ")[0] for line in advice} == {".heic", ".mp4", ".nef"}
    assert any(line.startswith(".heic: HEIC: convert it to JPEG") for line in advice)
    assert any(line.startswith(".mp4: a video") for line in advice)


def test_named_files_are_taken_whatever_they_are(tmp_path: Path) -> None:
    named = [tmp_path / "missing.jpg", touch(tmp_path / "film.mp4"), save(tmp_path / ".hidden.png")]

    assert find_pictures(named).pictures == named


def test_annotated_pictures_of_an_earlier_run_are_left_out_wherever_they_are(
    tmp_path: Path,
) -> None:
    originals = [save(tmp_path / "a.png"), save(tmp_path / "out" / "of the user.png")]
    write_annotated(tmp_path / "a-2.png", IMAGE)
    write_annotated(tmp_path / "out" / "b.png", IMAGE)

    found = find_pictures([tmp_path])

    assert found.pictures == originals
    assert found.skipped == {"annotated by an earlier run": 2}
    assert find_pictures([tmp_path / "a-2.png"]).pictures == [tmp_path / "a-2.png"]  # asked for


def test_a_link_that_leads_nowhere_is_an_error_and_not_silence(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").symlink_to("gone.jpg")

    assert find_pictures([tmp_path]).pictures == [tmp_path / "a.jpg"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_folders_that_cannot_be_listed_are_named(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)

    assert find_pictures([tmp_path]).unlisted == {tmp_path / "closed": "Permission denied"}
