"""python -m tfface.detect that is stopped, killed, or run again."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import tfface.detect
from tests.detecting import failing_on, save, status
from tests.films import save_film
from tfface.detect_file import detect_file
from tfface.predict.face_detector import FaceDetector

ROOT = Path(__file__).parent.parent


def test_an_interrupted_run_leaves_a_whole_report(
    tmp_path: Path, tflite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = [save(tmp_path / f"{width}.png", width=width) for width in (61, 62, 63)]
    monkeypatch.setattr(FaceDetector, "detect", failing_on(62, KeyboardInterrupt()))
    json_file = tmp_path / "faces.json"

    assert status(*pictures, "--model", tflite_file, "--json", json_file) == 130

    report = json.loads(json_file.read_text())
    assert [entry["width"] for entry in report["pictures"]] == [61]
    assert report["not_tried"] == [str(picture) for picture in pictures[1:]]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_interrupt_a_run(tmp_path: Path, tflite_file: Path, number: int) -> None:
    # More pictures than can be searched before the signal, which comes after the first.
    for name in range(2000):
        save(tmp_path / "in" / f"{name}.png")
    json_file = tmp_path / "faces.json"
    command = [sys.executable, "-m", "tfface.detect", str(tmp_path / "in")]
    command += ["--model", str(tflite_file), "--json", str(json_file)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        while not process.stderr.readline().startswith("[1/2000]"):
            assert process.poll() is None and not json_file.exists()
        process.send_signal(number)
        _, errors = process.communicate()

    assert process.returncode == 130
    assert "Traceback" not in errors and errors.endswith("interrupted\n")
    report = json.loads(json_file.read_text())
    assert 0 < len(report["pictures"]) < 2000
    assert len(report["pictures"]) + len(report["not_tried"]) == 2000


def test_a_reader_of_the_results_may_leave(tmp_path: Path, tflite_file: Path) -> None:
    pictures = [str(save(tmp_path / f"{name}.png")) for name in range(100)]
    command = [sys.executable, "-m", "tfface.detect", *pictures, "--model", str(tflite_file)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stderr
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()

    assert process.returncode == 1
    assert "Traceback" not in errors and "BrokenPipe" not in errors


def test_a_reader_of_the_frames_may_leave(tmp_path: Path, tflite_file: Path) -> None:
    # Nobody is told that the film failed, and no other is searched.
    films = [str(save_film(tmp_path / f"{name}.mp4", 3000)) for name in "ab"]
    command = [sys.executable, "-m", "tfface.detect", *films, "--model", str(tflite_file)]
    with subprocess.Popen(
        [*command, "--csv", "-"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout and process.stderr
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()

    assert (process.returncode, errors) == (1, "")


def test_a_run_that_was_killed_goes_on_where_it_was(
    tmp_path: Path, tflite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = [save(tmp_path / f"{name}.png") for name in "abc"]
    command = [*pictures, "--model", tflite_file, "--json", tmp_path / "faces.json"]
    command += ["--output", tmp_path / "out"]
    searched: list[Path] = []

    class Killed(BaseException):
        """Nothing that a command catches."""

    def until_c(detector, picture, *rest):
        if picture.name == "c.png" and len(searched) == 2:
            raise Killed
        searched.append(picture)
        return detect_file(detector, picture, *rest)

    monkeypatch.setattr(tfface.detect, "detect_file", until_c)
    with pytest.raises(Killed):
        status(*command)
    assert not (tmp_path / "faces.json").exists()

    searched.append(Path("again"))
    assert status(*command) == 0

    assert [path.name for path in searched] == ["a.png", "b.png", "again", "c.png"]
    found = json.loads((tmp_path / "faces.json").read_text())["pictures"]
    assert [result["file"] for result in found] == [str(picture) for picture in pictures]
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.parametrize("inside", [False, True])
def test_a_second_run_does_not_search_the_results_of_the_first(
    tmp_path: Path, tflite_file: Path, inside: bool
) -> None:
    save(tmp_path / "in" / "a.png")
    save(tmp_path / "in" / "b.bmp")
    output = tmp_path / "in" / "out" if inside else tmp_path / "in"
    arguments = [tmp_path / "in", "--model", tflite_file, "--json", tmp_path / "faces.json"]
    assert status(*arguments, "--output", output) == 0
    first = sorted(tmp_path.rglob("*"))

    for flags in (["--output", output], [], ["--output", output]):
        assert status(*arguments, *flags) == 0

        report = json.loads((tmp_path / "faces.json").read_text())
        names = [Path(entry["file"]).name for entry in report["pictures"]]
        assert names == ["a.png", "b.bmp"]
        assert report["skipped"] == {"annotated by an earlier run": 2}
        assert sorted(tmp_path.rglob("*")) == first
