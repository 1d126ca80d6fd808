"""python -m tfface.detect: its options, its results and its copies."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.detecting import save, status
from tests.films import save_uneven_film
from tfface.image import read_image


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


def test_without_files_to_write_the_json_is_printed(
    tmp_path: Path, tflite_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = save(tmp_path / "a.png")

    assert status(picture, "--model", tflite_file, "--threshold", 0.2, "--long_side", 120) == 0

    printed = capsys.readouterr()
    faces = json.loads(printed.out)["pictures"][0]["faces"]
    assert [face["score"] for face in faces][-1] == 0.25
    assert "[1/1]" in printed.err and "a.png" in printed.err


def test_pictures_are_not_overwritten_by_their_annotated_copy(
    tmp_path: Path, tflite_file: Path
) -> None:
    picture = save(tmp_path / "a.png")
    before = picture.read_bytes()

    assert status(picture, "--output", tmp_path, "--model", tflite_file) == 0

    assert picture.read_bytes() == before
    assert (tmp_path / "a-2.png").is_file()


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
    film = save_uneven_film(tmp_path / "a.mp4", [0.1, 0.1])
    assert status(film, "--model", tflite_file, "--show_masks", "--output", output) == 1
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
    hidden = [path.name for path in out.rglob(".*")]
    assert hidden == [".tfface-labels"]  # and the journal is gone


@pytest.mark.parametrize("name", ["json", "jsonl", "csv", "coco"])
def test_a_name_that_is_no_text_leads_back_to_its_file(
    tmp_path: Path, tflite_file: Path, capfdbinary: pytest.CaptureFixture[bytes], name: str
) -> None:
    odd = tmp_path / "in" / os.fsdecode(b"b\xe9.png")
    save(tmp_path / "in" / "a.png").rename(odd)
    shutil.copy(odd, odd.with_name(os.fsdecode(b"\xe9.png")))
    broken, film = (odd.with_name(f"c\udce9{suffix}") for suffix in (".jpg", ".mp4"))
    broken.write_bytes(b"no picture")
    film.write_bytes(b"\0\0\0\x18ftypisom\0\0\0\0mp41")  # OpenCV would end the process
    folders = ["--yolo", tmp_path, "--crops", tmp_path, "--output", tmp_path / "out"]

    code = status(tmp_path / "in", film, "--model", tflite_file, f"--{name}", "-", *folders)

    assert code == 1  # of what is no picture, and no video
    expected = os.fsencode(odd) if name == "csv" else json.dumps(str(odd)).encode()
    assert expected in capfdbinary.readouterr().out
    names = {os.fsencode(path.name) for path in tmp_path.iterdir() if path.is_file()}
    names.remove(b".tfface-labels")
    assert names == {b"b\xe9.txt", b"b\xe9-1.png", b"\xe9.txt", b"\xe9-1.png"}
    assert {os.fsencode(path.name) for path in (tmp_path / "out").iterdir()} == {
        b"b\xe9.png",
        b"\xe9.png",
    }


def test_a_video_has_results_of_every_frame_and_an_annotated_copy(
    tmp_path: Path, tflite_file: Path
) -> None:
    from tfface.video import open_video
    from tfface.video_writer import write_video

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


def test_a_long_name_is_shortened_for_its_annotated_copy(tmp_path: Path, tflite_file: Path) -> None:
    picture = save(tmp_path / ("n" * 251 + ".png"))

    assert status(picture, "--model", tflite_file, "--output", tmp_path / "out") == 0

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["n" * 240 + ".png"]
