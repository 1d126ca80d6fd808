"""python -m tfface.detect."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tfface.detect import annotated_paths, find_pictures, main
from tfface.image import read_image


def save(path: Path, height: int = 40, width: int = 60) -> Path:
    """A black picture with a red pixel at row 10, column 20: a face to the tiny detectors."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.zeros((height, width, 3), np.uint8)
    image[10, 20, 2] = 255
    assert cv2.imwrite(str(path), image)
    return path


def status(*arguments: object) -> int:
    """The exit status of a command line."""
    try:
        return main([str(argument) for argument in arguments])
    except SystemExit as leaving:
        assert isinstance(leaving.code, int)
        return leaving.code


def test_pictures_and_json(tmp_path: Path, tflite_file: Path) -> None:
    picture = save(tmp_path / "in" / "a.png")
    annotated, report = tmp_path / "out", tmp_path / "reports" / "faces.json"

    code = status(picture, "--output", annotated, "--json", report, "--model", tflite_file)

    assert code == 0
    assert json.loads(report.read_text()) == {
        "model": str(tflite_file),
        "threshold": 0.5,
        "long_side": None,
        "pictures": [
            {
                "file": str(picture),
                "width": 60,
                "height": 40,
                "faces": [{"box": [20.0, 10.0, 21.0, 11.0], "score": 1.0}],
                "annotated": str(annotated / "a.png"),
            }
        ],
        "unreadable": [],
    }
    assert read_image(annotated / "a.png").shape == (40, 60, 3)
    assert [path.name for path in annotated.iterdir()] == ["a.png"]  # and nothing half-written


def test_without_files_to_write_the_json_is_printed(
    tmp_path: Path, tflite_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = save(tmp_path / "a.png")

    assert status(picture, "--model", tflite_file, "--threshold", 0.2, "--long_side", 120) == 0

    printed = capsys.readouterr()
    faces = json.loads(printed.out)["pictures"][0]["faces"]
    assert [face["score"] for face in faces][-1] == 0.25
    assert "[1/1]" in printed.err and "a.png" in printed.err


def test_files_that_cannot_be_read_are_named_and_skipped(
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
    unreadable = [Path(entry["file"]).name for entry in result["unreadable"]]
    assert unreadable == ["broken.jpg", "missing.jpg"]
    errors = capsys.readouterr().err
    assert "broken.jpg" in errors and "missing.jpg" in errors


def test_nothing_to_do(
    tmp_path: Path, tflite_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = save(tmp_path / "a.png")
    (tmp_path / "empty").mkdir()
    commands: list[tuple[list[object], str]] = [
        ([], "PICTURE"),
        ([tmp_path / "empty"], "no pictures in"),
        ([picture, "--model", "fbi-3"], "expected a preset"),
        ([picture, "--model", tflite_file, "--threshold", "2"], "--threshold in 0..1, got 2.0"),
        (
            [picture, "--model", tflite_file, "--long_side", "-1"],
            "--long_side of 0 or more, got -1",
        ),
        ([picture, "--model", tflite_file, "--threads", "0"], "1 thread or more, got 0"),
        ([picture, "--model", tflite_file, "--output", picture], "expected a folder for --output"),
    ]
    for arguments, message in commands:
        assert status(*arguments) == 2
        assert message in capsys.readouterr().err


def test_folders_are_searched_for_pictures(tmp_path: Path) -> None:
    expected = [save(tmp_path / "B.PNG"), save(tmp_path / "deep" / "er" / "c.bmp")]
    save(tmp_path / ".hidden.png")
    (tmp_path / "notes.txt").touch()

    assert find_pictures([tmp_path, expected[0]], output=None) == expected  # each once


def test_results_of_an_earlier_run_are_left_out(tmp_path: Path) -> None:
    picture, result = save(tmp_path / "a.png"), save(tmp_path / "out" / "a.png")

    assert find_pictures([tmp_path], tmp_path / "out") == [picture]
    assert find_pictures([tmp_path / "out"], tmp_path / "out") == [result]  # where one asks for it


def test_annotated_pictures_keep_the_stem() -> None:
    pictures = [Path("a/one.jpg"), Path("b/two.PNG"), Path("c/dotted.name.jpg")]

    names = [path.name for path in annotated_paths(pictures, Path("out"))]

    assert names == ["one.png", "two.png", "dotted.name.png"]


def test_equal_stems_do_not_overwrite_each_other() -> None:
    pictures = [Path("a/x.jpg"), Path("b/x.png"), Path("c/X.jpg"), Path("d/x-2.jpg")]

    names = [path.name for path in annotated_paths(pictures, Path("out"))]

    assert names == ["x.png", "x-2.png", "X-3.png", "x-2-2.png"]


def test_pictures_are_not_overwritten_by_their_annotated_copy(
    tmp_path: Path, tflite_file: Path
) -> None:
    picture = save(tmp_path / "a.png")
    before = picture.read_bytes()

    assert status(picture, "--output", tmp_path, "--model", tflite_file) == 0

    assert picture.read_bytes() == before
    assert (tmp_path / "a-2.png").is_file()
