"""Films, written as MP4."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2

from tfface.files import atomic_path
from tfface.rgb import Image
from tfface.video import VideoError, for_opencv, open_video

CODEC = "mp4v"
"""MPEG-4 part 2, which every OpenCV from pip writes; there is no sound."""

_LOWEST_RATE = 1.0

_FASTEST_HUNDREDTHS = 655.0
"""Frames a second, of which a hundredth is at most 65,535 ticks: what MPEG-4 has in a second."""


class VideoWriter:
    """Writes frames into an MP4 file of one size and rate, without sound.

    Its sides are those of the first frame, with a row or column repeated where they are odd: the
    codec has even ones only. Frames of another size are scaled to fit in, with black beside them.

    Args:
        path: of the file.
        rate: frames a second, rounded to what the codec has. Where the frames come at times of
            their own, some are repeated or left out, so that the film is as long as they say.

    Attributes:
        written: frames in the file.
    """

    def __init__(self, path: Path, rate: float) -> None:
        self._path = path
        self._given_rate = rate
        self._rate = _codec_rate(rate)
        self._writer: cv2.VideoWriter | None = None
        self._size = self._first_size = (0, 0)
        self._latest: Image | None = None
        self._given = 0
        self.written = 0

    def write(self, image: Image, seconds: float | None = None) -> None:
        """Adds a frame.

        Args:
            image: RGB uint8 `(H, W, 3)`.
            seconds: its time, rising; None: one by one, as `rate` says.

        Raises:
            VideoError: OpenCV writes no such file.
        """
        if self._writer is None:
            self._open(image)
        time = self._given / self._given_rate if seconds is None else seconds
        self._given += 1
        place = int(time * self._rate + 0.5)
        frame = self._fitted(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        while self.written < place:
            self._append(frame if self._latest is None else self._latest)
        self._latest = frame  # until another comes at the same place

    def close(self) -> None:
        """Completes the file."""
        if self._writer is not None:
            if self._latest is not None:
                self._append(self._latest)
            self._writer.release()

    def check(self, path: Path) -> None:
        """Raises VideoError unless the file, closed, has what was written: OpenCV does not tell.

        Args:
            path: what to call the file.
        """
        try:
            with open_video(self._path) as video:
                found = video.count
        except VideoError:
            found = 0
        if found != self.written:
            raise VideoError(
                f"expected space for a film of {self.written} frames in {path}, got a file with "
                f"{found}: the disk is full, or the file as large as it may be; make room, or "
                "write elsewhere"
            )

    def _open(self, image: Image) -> None:
        height, width = image.shape[:2]
        self._first_size = width, height
        self._size = width + width % 2, height + height % 2
        code = cv2.VideoWriter.fourcc(*CODEC)
        self._writer = cv2.VideoWriter(for_opencv(self._path), code, self._rate, self._size)
        if not self._writer.isOpened():
            raise VideoError(
                f"expected a size and rate that OpenCV writes as {CODEC}, got {width} x {height} "
                f"pixels at {self._rate:g} frames a second"
            )

    def _append(self, frame: Image) -> None:
        assert self._writer is not None
        self._writer.write(frame)
        self.written += 1

    def _fitted(self, frame: Image) -> Image:
        """A frame with the sides of the film, from whose top left corner it is."""
        height, width = frame.shape[:2]
        border = cv2.BORDER_REPLICATE
        if (width, height) != self._first_size:
            scale = min(self._size[0] / width, self._size[1] / height)
            width, height = max(1, round(scale * width)), max(1, round(scale * height))
            frame = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
            border = cv2.BORDER_CONSTANT
        right, below = self._size[0] - width, self._size[1] - height
        if not (right or below):
            return frame
        return cv2.copyMakeBorder(frame, 0, below, 0, right, border)


@contextmanager
def write_video(path: Path, rate: float, mark: bytes = b"") -> Iterator[VideoWriter]:
    """A video that is at `path` when the block ends without an error.

    Args:
        path, rate: as of `VideoWriter`.
        mark: what the file ends with, such as `tfface.annotated.FILM_MARK`.

    Raises:
        VideoError: when the block ends, and the file does not have all that was written.
    """
    with atomic_path(path) as temporary:
        writer = VideoWriter(temporary, rate)
        try:
            yield writer
        finally:
            writer.close()
        writer.check(path)
        with temporary.open("ab") as file:
            file.write(mark)


def _codec_rate(rate: float) -> float:
    """The nearest rate that OpenCV finds a clock of MPEG-4 for."""
    rate = max(_LOWEST_RATE, rate)
    return round(rate, 2) if rate <= _FASTEST_HUNDREDTHS else float(round(rate))
