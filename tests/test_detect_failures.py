"""python -m tfface.detect where something is wrong: with its arguments, a file, or the disk."""

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import cv2
import pytest

from tests.detecting import failing_on, save, status
from tests.films import save_film
from tfface.predict.face_detector import FaceDetector
from tfface.predict.runtime import ModelError


def test_a_search_does_not_begin_before_its_outputs_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = save(tmp_path / "a.png")
    monkeypatch.setattr(FaceDetector, "from_preset", None)  # calling it would be another error

    assert status(picture, "--json", tmp_path) == 2
    assert status(picture, "--output", picture) == 2


def test_nothing_to_do(
    tmp_path: Path, tflite_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = save(tmp_path / "a.png")
    (tmp_path / "empty").mkdir()
    (tmp_path / "film").mkdir()
    (tmp_path / "film" / "a.mp4").write_bytes(b"\0\0\0\x18ftypisom\0\0\0\0mp41")
    commands: list[tuple[list[object], str]] = [
        ([], "PICTURE"),
        ([tmp_path / "empty"], "no pictures in"),
        ([tmp_path / "film"], "no pictures in"),
        ([tmp_path / "film"], "film: skipped 1 .mp4; .mp4: a video"),
        ([picture, "--model", "fbi-3"], "expected a preset"),
        (
            [picture, "--model", tflite_file, "--threshold", "2"],
            "--threshold: expected a number from 0 to 1, got '2'",
        ),
        (
            [picture, "--model", tflite_file, "--long_side", "-1"],
            "--long_side: expected a whole number from 0 to 16384, got '-1'",
        ),
        ([picture, "--long_side", "100000"], "whole number from 0 to 16384, got '100000'"),
        ([picture, "--threads", "0"], "whole number from 1 to 1024, got '0'"),
        ([picture, "--threads", "2147483648"], "whole number from 1 to 1024, got '2147483648'"),
        ([picture, "--max_pixels", "0"], "--max_pixels: expected a whole number from 1 to"),
        ([picture, "--model", tflite_file, "--output", picture], f"written to, got {picture}"),
        ([picture, "--model", tflite_file, "--json", tmp_path], "to write, got the folder"),
        ([picture, "--model", tflite_file, "--json", picture / "a"], "a.png is a file"),
        ([picture, "--model", tflite_file, "--json", picture], "got the picture"),
    ]
    for arguments, message in commands:
        assert status(*arguments) == 2
        assert message in capsys.readouterr().err


def test_files_that_cannot_be_read_are_named_and_the_others_searched(
    tmp_path: Path, tflite_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "broken.jpg").write_text("no picture")
    save(tmp_path / "in" / "whole.png")
    missing, report = tmp_path / "missing.jpg", tmp_path / "faces.json"

    code = status(tmp_path / "in", missing, "--json", report, "--model", tflite_file)

    assert code == 1
    result = json.loads(report.read_text())
    assert [Path(entry["file"]).name for entry in result["pictures"]] == ["whole.png"]
    failed = [Path(entry["file"]).name for entry in result["failed"]]
    assert failed == ["broken.jpg", "missing.jpg"]
    errors = capsys.readouterr().err
    assert "broken.jpg" in errors and "missing.jpg" in errors


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (ModelError(""), "ModelError, which gives no reason"),
        (MemoryError(), "not enough memory"),
        (cv2.error("(-215:Assertion failed)"), r"(-215:Assertion failed)"),
        (RuntimeError("anything else"), "anything else"),
    ],
)
def test_a_picture_that_fails_costs_no_other(
    tmp_path: Path,
    tflite_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failure: Exception,
    reason: str,
) -> None:
    pictures = [save(tmp_path / f"{width}.png", width=width) for width in (61, 62, 63)]
    monkeypatch.setattr(FaceDetector, "detect", failing_on(62, failure))

    assert status(*pictures, "--model", tflite_file) == 1

    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert [entry["width"] for entry in report["pictures"]] == [61, 63]
    assert report["failed"] == [{"file": str(pictures[1]), "error": f"{pictures[1]}: {reason}"}]
    assert f"[2/3] failed: {pictures[1]}: {reason}" in printed.err


def test_whatever_one_picture_is_the_others_are_searched(
    tmp_path: Path, tflite_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = save(tmp_path / "in" / "whole.png")
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "circle.jpg").symlink_to("circle.jpg")
    odd = [
        (tmp_path / "pipe.jpg", "got a pipe"),
        (Path("/dev/zero"), "got a device"),
        (tmp_path / "circle.jpg", "Too many levels of symbolic links"),
        (tmp_path / ("n" * 300 + ".jpg"), "File name too long"),
        (save(tmp_path / "large.png", 50, 50), "at most 2400 pixels, got 50 x 50 = 2500"),
    ]
    report = tmp_path / "faces.json"

    code = status(
        *(path for path, _ in odd), whole, "--model", tflite_file, "--max_pixels", 2400,
        "--json", report, "--output", tmp_path / "out",
    )  # fmt: skip

    assert code == 1
    result = json.loads(report.read_text())
    assert [picture["file"] for picture in result["pictures"]] == [str(whole)]
    for failure, (path, reason) in zip(result["failed"], odd, strict=True):
        assert failure["file"] == str(path)
        assert reason in failure["error"]


def test_links_that_lead_nowhere_are_named(tmp_path: Path, tflite_file: Path) -> None:
    save(tmp_path / "in" / "whole.png")
    (tmp_path / "in" / "gone").symlink_to("nowhere")

    assert status(tmp_path / "in", "--model", tflite_file, "--json", tmp_path / "a.json") == 1

    (failure,) = json.loads((tmp_path / "a.json").read_text())["failed"]
    assert failure["error"].endswith("gone: a link that leads nowhere")


def test_a_file_that_lacks_its_end_has_a_note(
    tmp_path: Path, tflite_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = save(tmp_path / "a.jpg")
    picture.write_bytes(picture.read_bytes()[:-2])

    assert status(picture, "--model", tflite_file) == 0

    note = "the file lacks the end marker of JPEG; all pixels are there"
    printed = capsys.readouterr()
    assert json.loads(printed.out)["pictures"][0]["notes"] == [note]
    assert note in printed.err


def test_skipped_files_are_told_and_counted(
    tmp_path: Path, tflite_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "b.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1")
    (tmp_path / "in" / "notes.txt").touch()

    assert status(tmp_path / "in", "--model", tflite_file) == 0

    printed = capsys.readouterr()
    assert json.loads(printed.out)["skipped"] == {".heic": 1, ".txt": 1}
    assert "skipped 1 .heic, 1 .txt; .heic: HEIC: convert it to JPEG" in printed.err


def test_a_damaged_picture_on_standard_input_is_named_as_one_in_a_file(
    tmp_path: Path,
    tflite_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    content = save(tmp_path / "a.png").read_bytes()[:60]
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))

    assert status("-", "--model", tflite_file) == 1

    told = "failed: stdin: expected a picture, got 60 bytes of PNG that are damaged or cut short"
    assert told in capsys.readouterr().err


def test_names_do_not_steer_the_terminal(
    tmp_path: Path, tflite_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = save(tmp_path / "a\x1b[2J\n.png")

    assert status(picture, "--model", tflite_file, "--json", tmp_path / "a.json") == 0

    assert "\x1b" not in (printed := capsys.readouterr().err)
    assert r"a\x1b[2J .png: faces: 1" in printed


@pytest.mark.parametrize("option", ["--json", "--jsonl", "--csv"])
@pytest.mark.parametrize(("name", "save_source"), [("a.png", save), ("a.mp4", save_film)])
def test_a_full_disk_is_one_line(
    tmp_path: Path,
    tflite_file: Path,
    capfd: pytest.CaptureFixture[str],
    name: str,
    save_source: Callable[[Path], Path],
    option: str,
) -> None:
    # It is no fault of the picture or film.
    source = save_source(tmp_path / name)

    assert status(source, "--model", tflite_file, option, "/dev/full") == 2

    assert capfd.readouterr().err.splitlines() == [
        "error: expected space for /dev/full, got: No space left on device; make room, or write "
        "elsewhere"
    ]
