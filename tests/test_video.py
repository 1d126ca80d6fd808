"""tfface.video: films and cameras, their clock and their end."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.films import save_film, save_uneven_film
from tfface.video import USUAL_RATE, Camera, Video, VideoError, open_video


class Capture:
    """What OpenCV opens: frames at the given milliseconds of its clock."""

    def __init__(self, milliseconds: list[float], rate: float = 10.0, count: float = 0) -> None:
        self._clock = iter(milliseconds)
        self._properties = {cv2.CAP_PROP_FPS: rate, cv2.CAP_PROP_FRAME_COUNT: count}

    def read(self) -> tuple[bool, Any]:
        time = next(self._clock, None)
        self._properties[cv2.CAP_PROP_POS_MSEC] = time or 0.0
        return time is not None, np.zeros((2, 2, 3), np.uint8)

    def get(self, name: int) -> float:
        return self._properties[name]


def times(capture: Any) -> list[float]:
    return [round(frame.seconds, 6) for frame in Video(capture).frames()]


def test_frames_have_the_times_of_the_film(tmp_path: Path) -> None:
    film = save_uneven_film(tmp_path / "phone.mp4", [0.1, 0.1, 0.4, 0.05, 1.0])

    with open_video(film) as video:
        seconds = [frame.seconds for frame in video.frames()]

    assert seconds == pytest.approx([0, 0.1, 0.2, 0.6, 0.65], abs=1e-3)


@pytest.mark.parametrize(
    ("milliseconds", "seconds"),
    [
        ([7e6, 7e6 + 40, 7e6 + 90], [0, 0.04, 0.09]),  # a camera's, since it was switched on
        ([0, 0, 0], [0, 0.1, 0.2]),  # no clock
        ([0, 40, 40, 200], [0, 0.04, 0.14, 0.2]),
        ([500, 540, 0, 40], [0, 0.04, 0.14, 0.24]),  # begins anew
        ([0, 40, 9e7, 9e7 + 40], [0, 0.04, 0.14, 0.24]),  # and jumps by a day
    ],
)
def test_a_clock_that_does_not_go_on(milliseconds: list[float], seconds: list[float]) -> None:
    assert times(Capture(milliseconds)) == seconds


@pytest.mark.parametrize("rate", [0, -1, float("nan"), 1000, 90000])
def test_a_rate_that_is_none(rate: float) -> None:
    assert Video(Capture([], rate)).rate == USUAL_RATE


@pytest.mark.parametrize(
    ("count", "frames", "seconds", "is_cut"),
    [
        (50, 25, 2.4, True),
        (50, 49, 4.8, False),
        (5, 4, 0.3, False),  # off by one, as counts are
        (150, 50, 14.9, False),  # by length and a rate that is not the mean
        (50, 50, 2.0, False),
        (0, 25, 2.4, False),  # a camera
    ],
)
def test_a_film_that_is_cut_short(count: int, frames: int, seconds: float, is_cut: bool) -> None:
    video = Video(Capture([], 10.0, count))

    assert video.is_cut_short(frames, seconds) == is_cut


def test_a_name_with_a_colon_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_film(tmp_path / "film.mp4").rename(tmp_path / "rec-12:30:00.mp4")
    monkeypatch.chdir(tmp_path)

    with open_video("rec-12:30:00.mp4") as video:
        assert len(list(video.frames())) == 3
    with (
        pytest.raises(VideoError, match="rec-13:00:00.mp4: expected a video file"),
        open_video("rec-13:00:00.mp4"),
    ):
        pass


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://user:password@host/x", "rtsp://host/x"),
        ("rtsp://user:p@ss@host/x", "rtsp://host/x"),
        ("rtsp://user:pa/ss@host/x", "rtsp://host/x"),
        ("rtsp://user:p?ss@host/x", "rtsp://host/x"),
        ("rtsp://host/x?mail=a@b", "rtsp://host/x?mail=a@b"),
        ("rtsp://user:password@host/x?mail=a@b", "rtsp://host/x?mail=a@b"),
        ("http://host/x", "http://host/x"),
        ("/dev/video0", "/dev/video0"),
    ],
)
def test_no_password_is_shown(address: str, shown: str) -> None:
    assert str(Camera(address)) == shown
    assert "ss" not in Camera(address).name
