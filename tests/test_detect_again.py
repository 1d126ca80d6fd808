"""python -m tfface.detect after a run that was killed: what is there is kept, what is not is made.

The command of `tests/test_detect.py`, with every kind of copy.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfface.detect
from tests.detecting import save
from tfface.detect import main
from tfface.detect_file import detect_file
from tfface.video_writer import write_video


class Killed(BaseException):
    """Nothing that a command catches."""


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """Of every picture one pixel is a face to the tiny detector."""
    return [save(tmp_path / "in" / f"{name}.png") for name in "abc"]


def killed_before(monkeypatch: pytest.MonkeyPatch, name: str) -> list[str]:
    """The names of what is searched; a first search of one of them ends the run."""
    searched: list[str] = []

    def search(detector: Any, source: Any, *rest: Any) -> Any:
        if source.name == name and "killed" not in searched:
            searched.append("killed")
            raise Killed
        searched.append(source.name)
        return detect_file(detector, source, *rest)

    monkeypatch.setattr(tfface.detect, "detect_file", search)
    return searched


@pytest.mark.parametrize("lost", ["crops/a-1.png", "yolo/a.txt", "hidden/a.png"])
def test_a_copy_that_is_gone_is_made_again(
    tmp_path: Path,
    tflite_file: Path,
    pictures: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    lost: str,
) -> None:
    out = tmp_path / "out"
    folders = ["--crops", out / "crops", "--yolo", out / "yolo", "--output", out / "hidden"]
    command = [*pictures, "--model", tflite_file, "--json", out / "a.json", *folders]
    arguments = [str(argument) for argument in command]
    searched = killed_before(monkeypatch, "c.png")
    with pytest.raises(Killed):
        main(arguments)
    (out / lost).unlink()

    assert main(arguments) == 0

    assert searched == ["a.png", "b.png", "killed", "a.png", "c.png"]
    assert (out / lost).is_file()
    found = json.loads((out / "a.json").read_text())["pictures"]
    assert [result["file"] for result in found] == list(map(str, pictures))


def test_a_video_that_was_searched_is_not_searched_again(
    tmp_path: Path, tflite_file: Path, pictures: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    film, out = tmp_path / "film.mp4", tmp_path / "out"
    with write_video(film, rate=10) as video:
        for _ in range(3):
            video.write(np.zeros((64, 96, 3), np.uint8))
    command = [film, pictures[2], "--model", tflite_file, "--output", out]
    arguments = [str(each) for each in (*command, "--json", out / "a.json", "--csv", out / "a.csv")]
    assert main(arguments) == 0
    undisturbed = [(out / name).read_text() for name in ("a.json", "a.csv")]

    searched = killed_before(monkeypatch, "c.png")
    with pytest.raises(Killed):
        main(arguments)
    assert main(arguments) == 0

    assert searched == ["film.mp4", "killed", "c.png"]
    assert [(out / name).read_text() for name in ("a.json", "a.csv")] == undisturbed
