"""tfface.video_writer: films as long, large and fast as what they were made of, or an error."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from tfface.rgb import Image
from tfface.video import VideoError, open_video
from tfface.video_writer import write_video


def frame(height: int, width: int, grey: int = 0) -> Image:
    return np.full((height, width, 3), grey, np.uint8)


def images(path: Path) -> list[Image]:
    with open_video(path) as video:
        return [image for _, image in video.frames()]


def test_frames_are_repeated_and_left_out_so_that_times_are_right(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with write_video(path, rate=10) as video:
        for seconds, grey in ((0, 0), (0.1, 50), (0.13, 100), (0.4, 150), (0.52, 200)):
            video.write(frame(32, 32, grey), seconds)

    brightness = [float(image.mean()) for image in images(path)]

    # Of 0.1 and 0.13, which are at one place, the last is kept; it is what is seen until 0.4.
    assert brightness == pytest.approx([0, 100, 100, 100, 150, 200], abs=10)


def test_a_last_frame_close_behind_another_is_the_end_of_the_film(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with write_video(path, rate=25) as video:
        for seconds, grey in ((0, 10), (0.04, 60), (0.045, 210)):
            video.write(frame(32, 32, grey), seconds)

    assert [float(image.mean()) for image in images(path)] == pytest.approx([10, 210], abs=10)


@pytest.mark.parametrize(
    ("rate", "written"),
    [
        (25, 25),
        (30000 / 1001, 29.97),
        (90.123, 90.12),
        (239.7812, 239.78),
        (655.355, 655),
        (999.4, 999),
    ],
)
def test_every_rate_of_a_film_is_written(tmp_path: Path, rate: float, written: float) -> None:
    with write_video(tmp_path / "a.mp4", rate) as video:
        for _ in range(100):
            video.write(frame(32, 32))

    with open_video(tmp_path / "a.mp4") as read:
        assert read.rate == pytest.approx(written, abs=1e-3)
        assert len(list(read.frames())) == 100


def test_a_film_of_few_frames_an_hour_is_as_long_as_it_says(tmp_path: Path) -> None:
    with write_video(tmp_path / "a.mp4", rate=0.1) as video:
        for _ in range(3):
            video.write(frame(32, 32))

    with open_video(tmp_path / "a.mp4") as read:
        assert (read.count, read.rate) == (21, 1)


def test_odd_sides_lose_nothing(tmp_path: Path) -> None:
    image = frame(33, 65)
    image[-1], image[:, -1] = 255, 255
    with write_video(tmp_path / "a.mp4", rate=10) as video:
        video.write(image)

    (read,) = images(tmp_path / "a.mp4")

    assert read.shape == (34, 66, 3)
    assert read[32:].mean() > 200 and read[:, 64:].mean() > 200 and read[:28, :60].mean() < 50


def test_a_frame_of_another_size_is_scaled_to_fit(tmp_path: Path) -> None:
    with write_video(tmp_path / "a.mp4", rate=10) as video:
        video.write(frame(32, 64, 100))
        video.write(frame(128, 128, 200))  # 32 x 32 of it
        video.write(frame(16, 32, 200))  # 32 x 64

    _, square, small = images(tmp_path / "a.mp4")

    assert square[:, :30].mean() > 180 and square[:, 36:].mean() < 20
    assert small.mean() > 180


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_film_without_space_is_an_error_and_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    noise = np.random.default_rng(0)

    with (
        pytest.raises(VideoError, match=r"space for a film of 30 frames in .*a\.mp4"),
        largest_file(100_000),
        write_video(path, rate=10) as video,
    ):
        for _ in range(30):
            video.write(noise.integers(0, 256, (128, 128, 3), np.uint8))

    assert list(tmp_path.iterdir()) == []


def test_frames_that_opencv_did_not_write_are_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = cv2.VideoWriter

    class Forgetful:
        fourcc = written.fourcc

        def __init__(self, *arguments: object) -> None:
            self._writer = written(*arguments)
            self._count = 0

        def write(self, image: Image) -> None:
            self._count += 1
            if self._count % 2:
                self._writer.write(image)

        def __getattr__(self, name: str) -> object:
            return getattr(self._writer, name)

    monkeypatch.setattr(cv2, "VideoWriter", Forgetful)

    with (
        pytest.raises(VideoError, match="of 4 frames in .*, got a file with 2"),
        write_video(tmp_path / "a.mp4", rate=10) as video,
    ):
        for _ in range(4):
            video.write(frame(32, 32))


def test_a_size_that_the_codec_lacks(tmp_path: Path) -> None:
    with (
        pytest.raises(VideoError, match="expected a size and rate .* got 9000 x 16 pixels at 10 "),
        write_video(tmp_path / "a.mp4", rate=10) as video,
    ):
        video.write(frame(16, 9000))
