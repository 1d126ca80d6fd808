"""python -m tfface.detect of films whose times are uneven, sizes change, or ends are missing."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.detecting import status
from tests.films import save_uneven_film
from tfface.predict.face_detector import FaceDetector
from tfface.video import TimedImage, Video, open_video


def result_of(film: Path, tflite_file: Path, *options: object) -> dict[str, Any]:
    report = film.parent / "faces.json"
    assert status(film, "--model", tflite_file, "--json", report, *options) == 0
    (result,) = json.loads(report.read_text())["pictures"]
    return result


def test_an_uneven_film_has_its_times_and_a_copy_as_long(tmp_path: Path, tflite_file: Path) -> None:
    film = save_uneven_film(tmp_path / "phone.mp4", [0.1, 0.1, 0.1, 0.5, 0.5, 0.5, 0.1, 0.1])
    times = pytest.approx([0, 0.1, 0.2, 0.3, 0.8, 1.3, 1.8, 1.9], abs=2e-3)

    result = result_of(film, tflite_file, "--output", tmp_path / "out")

    assert [frame["seconds"] for frame in result["frames"]] == times
    frames = FaceDetector.from_preset(tflite_file).detect_video(film)
    assert [frame.seconds for frame in frames] == times
    with open_video(result["annotated"]) as copy:
        assert copy.count / copy.rate == pytest.approx(2.0, abs=1 / copy.rate)


def save_half_a_film(path: Path) -> Path:
    """Motion JPEG of 50 frames, of which the file is cut after about 25."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    noise = np.random.default_rng(0)
    for _ in range(50):
        writer.write(noise.integers(0, 256, (48, 64, 3), np.uint8))
    writer.release()
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


@pytest.mark.parametrize("suffix", [".avi", ".mkv"])
def test_a_film_that_is_cut_short_is_incomplete(
    tmp_path: Path, tflite_file: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    result = result_of(save_half_a_film(tmp_path / f"half{suffix}"), tflite_file)

    count = len(result["frames"])
    assert 20 < count < 27 and result["incomplete"] is True
    note = f"expected about 50 frames, got {count}: the file is cut short or damaged"
    assert result["notes"] == [note]
    assert note in capsys.readouterr().err


def test_frames_of_another_size_say_so(
    tmp_path: Path, tflite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = [(64, 96), (64, 96), (40, 40)]
    film = save_uneven_film(tmp_path / "a.mp4", [0.1] * 3)
    monkeypatch.setattr(
        Video,
        "frames",
        lambda self: (
            TimedImage(number / 10, np.zeros((*size, 3), np.uint8))
            for number, size in enumerate(sizes)
        ),
    )

    result = result_of(film, tflite_file, "--output", tmp_path / "out", "--coco", tmp_path / "c")

    assert (result["width"], result["height"]) == (96, 64)
    assert ["width" in frame for frame in result["frames"]] == [False, False, True]
    images = json.loads((tmp_path / "c").read_text())["images"]
    assert [(image["height"], image["width"]) for image in images] == sizes
    monkeypatch.undo()
    with open_video(result["annotated"]) as copy:
        assert copy.count == 3
