"""python -m tfface.detect."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

import tfface.detect
from tfface.detect import main
from tfface.detect_file import detect_file
from tfface.detections import Detections
from tfface.image import read_image
from tfface.predict.face_detector import FaceDetector
from tfface.predict.runtime import ModelError

ROOT = Path(__file__).parent.parent


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


def test_several_looks_at_a_picture(tmp_path: Path, tflite_file: Path) -> None:
    """The reddest pixel, at (20, 10) of 60 x 40, is found again however the picture is turned."""
    picture, report = save(tmp_path / "a.png"), tmp_path / "faces.json"
    command = [picture, "--json", report, "--model", tflite_file]

    for options in (["--strategy", "pyramid=60"], ["--rotations"], ["--strategy", "tiles=32"]):
        assert status(*command, *options) == 0
        content = json.loads(report.read_text())
        (found,) = content["pictures"]
        assert found["faces"] == [{"box": [20.0, 10.0, 21.0, 11.0], "score": 1.0}]
        name = options[0].removeprefix("--")
        assert content[name] == (options[1] if options[1:] else True)


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
        "failed": [],
        "skipped": {},
        "not_tried": [],
    }
    assert read_image(annotated / "a.png").shape == (40, 60, 3)
    assert [path.name for path in annotated.iterdir()] == ["a.png"]  # and nothing half-written


def test_a_search_does_not_begin_before_its_outputs_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = save(tmp_path / "a.png")
    monkeypatch.setattr(FaceDetector, "from_preset", None)  # calling it would be another error

    assert status(picture, "--json", tmp_path) == 2
    assert status(picture, "--output", picture) == 2


def test_without_files_to_write_the_json_is_printed(
    tmp_path: Path, tflite_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = save(tmp_path / "a.png")

    assert status(picture, "--model", tflite_file, "--threshold", 0.2, "--long_side", 120) == 0

    printed = capsys.readouterr()
    faces = json.loads(printed.out)["pictures"][0]["faces"]
    assert [face["score"] for face in faces][-1] == 0.25
    assert "[1/1]" in printed.err and "a.png" in printed.err


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


def test_pictures_are_not_overwritten_by_their_annotated_copy(
    tmp_path: Path, tflite_file: Path
) -> None:
    picture = save(tmp_path / "a.png")
    before = picture.read_bytes()

    assert status(picture, "--output", tmp_path, "--model", tflite_file) == 0

    assert picture.read_bytes() == before
    assert (tmp_path / "a-2.png").is_file()


def failing_on(width: int, failure: BaseException) -> Callable[..., Detections]:
    """A way to detect that finds nothing, and fails on pictures of that width."""

    def detect(self: FaceDetector, image: np.ndarray, *_: object, **options: object) -> Detections:
        if image.shape[1] == width:
            raise failure
        return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    return detect


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


def test_options_may_have_dashes(
    tmp_path: Path, tflite_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = save(tmp_path / "a.png")

    assert status(picture, "--model", tflite_file, "--long-side", 120, "--json", "-") == 0

    assert json.loads(capsys.readouterr().out)["long_side"] == 120


def test_masks_are_shown_where_there_are_pictures_to_show_them_in(
    tmp_path: Path, tflite_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = save(tmp_path / "a.png")

    assert status(picture, "--model", tflite_file, "--show_masks") == 2
    assert "expected --output" in capsys.readouterr().err
    # A TFLite file has no masks: the picture fails, with the reason.
    output = tmp_path / "out"
    assert status(picture, "--model", tflite_file, "--show_masks", "--output", output) == 1
    assert "expected a Keras detector" in capsys.readouterr().err


def test_results_in_every_format_and_copies_of_every_kind(
    tmp_path: Path, tflite_file: Path
) -> None:
    picture = save(tmp_path / "in" / "a.png")
    out = tmp_path / "out"
    files = {name: out / f"faces.{name}" for name in ("json", "jsonl", "csv", "coco")}
    named = [text for name, path in files.items() for text in (f"--{name}", path)]
    folders = ["--crops", out / "crops", "--yolo", out / "yolo", "--output", out / "hidden"]

    code = status(picture, "--model", tflite_file, *named, *folders, "--blur")

    assert code == 0
    assert json.loads(files["jsonl"].read_text())["faces"][0]["box"] == [20, 10, 21, 11]
    assert files["csv"].read_text().splitlines()[1].endswith("a.png,20.0,10.0,21.0,11.0,1.0")
    assert json.loads(files["coco"].read_text())["annotations"][0]["bbox"] == [20, 10, 1, 1]
    # The pixel and a margin of 0.2: 19.8 to 21.2 and 9.8 to 11.2, in whole pixels 3 x 3.
    assert read_image(out / "crops" / "a-1.png").shape == (3, 3, 3)
    assert (out / "yolo" / "a.txt").read_text().startswith("0 0.341667 0.262500 ")
    assert read_image(out / "hidden" / "a.png")[10, 20].tolist() != [255, 0, 0]
    assert not list(out.rglob(".*"))  # the journal is gone


def test_a_video_has_results_of_every_frame_and_an_annotated_copy(
    tmp_path: Path, tflite_file: Path
) -> None:
    from tfface.video import open_video, write_video

    film = tmp_path / "film.mp4"
    with write_video(film, rate=10) as video:
        for _ in range(3):
            image = np.zeros((64, 96, 3), np.uint8)
            image[16:32, 16:32, 0] = 255
            video.write(image)
    arguments = [film, "--model", tflite_file, "--threshold", 0.3, "--output", tmp_path]

    assert status(*arguments, "--json", tmp_path / "faces.json") == 0

    (result,) = json.loads((tmp_path / "faces.json").read_text())["pictures"]
    assert [(frame["frame"], len(frame["faces"])) for frame in result["frames"]] == [
        (0, 1),
        (1, 1),
        (2, 1),
    ]
    assert (result["width"], result["height"], result["frames_per_second"]) == (96, 64, 10)
    with open_video(result["annotated"]) as video:
        assert len(list(video.frames())) == 3
    assert status(*arguments, "--crops", tmp_path / "crops") == 1  # of videos there are none


def test_hidden_faces_need_a_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(save(tmp_path / "a.png"), "--blur") == 2
    assert "expected --output" in capsys.readouterr().err


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


def test_a_long_name_is_shortened_for_its_annotated_copy(tmp_path: Path, tflite_file: Path) -> None:
    picture = save(tmp_path / ("n" * 251 + ".png"))

    assert status(picture, "--model", tflite_file, "--output", tmp_path / "out") == 0

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["n" * 240 + ".png"]


def test_names_do_not_steer_the_terminal(
    tmp_path: Path, tflite_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = save(tmp_path / "a\x1b[2J\n.png")

    assert status(picture, "--model", tflite_file, "--json", tmp_path / "a.json") == 0

    assert "\x1b" not in (printed := capsys.readouterr().err)
    assert r"a\x1b[2J .png: faces: 1" in printed


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


def test_a_full_disk_is_one_line(
    tmp_path: Path, tflite_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    picture = save(tmp_path / "a.png")

    assert status(picture, "--model", tflite_file, "--json", "/dev/full") == 2

    errors = [line for line in capfd.readouterr().err.splitlines() if "error" in line]
    assert errors == [
        "error: expected space for /dev/full, got: No space left on device; make room, or write "
        "elsewhere"
    ]
