"""python -m tfface.detect --camera, with a film behind OpenCV's VideoCapture; several at a time."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.detecting import status
from tfface.detect import main
from tfface.video import open_video
from tfface.video_writer import write_video

FRAMES = 5


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Five frames with a red square of 16 pixels, ten a second."""
    with write_video(tmp_path / "behind.mp4", rate=10) as video:
        for _ in range(FRAMES):
            image = np.zeros((64, 96, 3), np.uint8)
            image[16:32, 16:32, 0] = 255
            video.write(image)
    return tmp_path / "behind.mp4"


@pytest.fixture
def behind_the_camera(monkeypatch: pytest.MonkeyPatch, film: Path) -> Callable[..., None]:
    """`behind_the_camera(address, before_frame)`: what OpenCV opens there is the film."""
    capture_of = cv2.VideoCapture

    def install(address: int | str, before_frame: Callable[[int], None] = lambda number: None):
        class Capture:
            def __init__(self, opened: Any) -> None:
                self._capture = capture_of(str(film) if opened == address else opened)
                self._read = 0

            def read(self) -> Any:
                before_frame(self._read)
                self._read += 1
                return self._capture.read()

            def __getattr__(self, name: str) -> Any:
                return getattr(self._capture, name)

        monkeypatch.setattr(cv2, "VideoCapture", Capture)

    return install


def test_a_camera_has_results_of_every_frame_and_an_annotated_film(
    tmp_path: Path, tflite_file: Path, behind_the_camera: Callable[..., None], monkeypatch: Any
) -> None:
    out = tmp_path / "out"
    behind_the_camera(0)

    arguments = ["--camera", 0, "--model", tflite_file, "--threshold", 0.3, "--output", out]
    assert status(*arguments, "--json", out / "a.json", "--jsonl", out / "a.jsonl") == 0

    (result,) = json.loads((out / "a.json").read_text())["pictures"]
    assert result["file"] == "camera 0" and result["annotated"] == str(out / "camera-0.mp4")
    assert [len(frame["faces"]) for frame in result["frames"]] == [1] * FRAMES
    lines = [json.loads(line) for line in (out / "a.jsonl").read_text().splitlines()]
    assert [(line["file"], line["frame"]) for line in lines] == [
        ("camera 0", number) for number in range(FRAMES)
    ]
    assert not list(out.glob(".*"))
    monkeypatch.undo()
    with open_video(out / "camera-0.mp4") as video:
        assert len(list(video.frames())) == FRAMES


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_a_camera_and_nothing_is_lost(
    tmp_path: Path,
    tflite_file: Path,
    behind_the_camera: Callable[..., None],
    monkeypatch: Any,
    number: int,
) -> None:
    out = tmp_path / "out"
    behind_the_camera(
        "rtsp://me:secret@door/1", lambda read: os.kill(os.getpid(), number) if read == 3 else None
    )

    arguments = ["--camera", "rtsp://me:secret@door/1", "--model", tflite_file, "--output", out]
    assert status(*arguments, "--json", out / "a.json") == 0

    content = (out / "a.json").read_text()
    (result,) = json.loads(content)["pictures"]
    assert [frame["frame"] for frame in result["frames"]] == [0, 1, 2]
    assert result["file"] == "rtsp://door/1" and "secret" not in content
    monkeypatch.undo()
    with open_video(out / "rtsp-door-1.mp4") as video:
        assert len(list(video.frames())) == 3


def test_a_camera_that_is_not_there(capsys: pytest.CaptureFixture[str], tflite_file: Path) -> None:
    assert status("--camera", "9999", "--model", tflite_file) == 1
    assert "camera 9999: expected a video file, a camera or a stream" in capsys.readouterr().err

    for arguments in ([], ["--camera", ""]):
        with pytest.raises(SystemExit) as leaving:
            main(arguments)
        assert leaving.value.code == 2
        assert "expected" in capsys.readouterr().err


def test_several_at_a_time_are_reported_in_order(
    tmp_path: Path, tflite_file: Path, film: Path
) -> None:
    pictures: list[Path] = []
    for number in range(5):
        image = np.zeros((40, 60 + number, 3), np.uint8)
        image[10, 20, 2] = 255
        pictures.append(tmp_path / f"{number}.png")
        cv2.imwrite(str(pictures[-1]), image)
    pictures[3].write_text("no picture")
    pictures.insert(2, film)
    reports = [tmp_path / "1.json", tmp_path / "3.json"]

    for report in reports:
        command = [*pictures, "--model", tflite_file, "--json", report]
        assert status(*command, "--batch_size", report.stem) == 1

    one, three = (json.loads(report.read_text()) for report in reports)
    assert one == three
    names = [Path(result["file"]).stem for result in three["pictures"]]
    assert names == ["0", "1", "behind", "2", "4"]
