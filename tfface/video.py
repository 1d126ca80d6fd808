"""Videos, read from a file, a camera or a stream."""

import os
import re
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import cv2

from tfface.rgb import Image

if TYPE_CHECKING:  # It takes pictures from here.
    from tfface.detections import Detections

USUAL_RATE = 25.0
"""Frames a second of a source that does not say."""

_MATROSKA_CLOCK = 1000.0
"""Ticks a second, which OpenCV says for the rate of such a file that has none."""

_LONGEST_PAUSE = 3600.0
"""Seconds between two frames; more is a clock that was set anew."""

_COMPLETE = 0.9
"""Share of the frames, and of the time, that the file says it has."""


class VideoError(ValueError):
    """A video that cannot be opened, or written."""


class TimedImage(NamedTuple):
    """A frame: seconds since the first one, and the picture RGB uint8 `(H, W, 3)`."""

    seconds: float
    image: Image


class VideoFrame(NamedTuple):
    """A frame: its number from 0 on, seconds since the first, the picture RGB uint8 `(H, W, 3)`,
    and its faces."""

    number: int
    seconds: float
    image: Image
    detections: "Detections"


class Camera(NamedTuple):
    """A camera or stream: the number or address that OpenCV opens, and without a password as text.

    Attributes:
        address: 0 for the first camera, or such as rtsp://user:password@host/path or /dev/video0.
    """

    address: int | str

    def __str__(self) -> str:
        return f"camera {self.address}" if isinstance(self.address, int) else _public(self.address)

    @property
    def name(self) -> str:
        """What files of it are called: `camera-0`."""
        return re.sub(r"[^\w.-]+", "-", str(self)).strip("-.")


def camera(text: str) -> Camera:
    """The camera of a command line: its number, or the address of a stream.

    Raises:
        ArgumentTypeError: nothing is named, or a number that none has.
    """
    if not re.fullmatch(r"\d{1,4}|.*[^\d\s].*", text):
        raise ArgumentTypeError(
            f"expected the number of a camera, such as 0, or an address such as rtsp://..., got "
            f"{text!r}"
        )
    return Camera(int(text) if text.isdecimal() else text)


def _public(address: str) -> str:
    """An address without user and password, in which people also write / @ and ? as they are."""
    return re.sub(r"//([^?]*|[^/]*)@", "//", address)


class Video:
    """An open video.

    Attributes:
        rate: frames a second, the mean where it changes.
        count: number of frames, about; 0 where it is not known, as of a camera.
    """

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture
        rate = capture.get(cv2.CAP_PROP_FPS)
        self.rate = rate if 0 < rate < _MATROSKA_CLOCK else USUAL_RATE
        self.count = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))

    def frames(self) -> Iterator[TimedImage]:
        """The frames from here on, upright, each with its time by the clock of the video.

        Where that stands still or jumps, a frame comes as long after the one before as `rate` says.
        """
        first = seconds = None
        while True:
            there, frame = self._capture.read()
            if not there:
                return
            clock = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            if first is None or seconds is None:
                first, seconds = clock, 0.0
            elif seconds < clock - first <= seconds + _LONGEST_PAUSE:
                seconds = clock - first
            else:
                seconds += 1 / self.rate
            yield TimedImage(seconds, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB, dst=frame))

    def is_cut_short(self, frames: int, seconds: float) -> bool:
        """Whether clearly less came than the file says it has: a count of either may be wrong.

        Args:
            frames: that came.
            seconds: of the last of them.
        """
        expected = _COMPLETE * self.count - 1
        return frames < expected and seconds * self.rate < expected


@contextmanager
def open_video(source: str | os.PathLike[str] | int) -> Iterator[Video]:
    """A video file, the camera of that number, or the stream at an address such as rtsp://...

    Raises:
        VideoError: OpenCV cannot open it.
    """
    address = source if isinstance(source, int) else os.fspath(source)
    capture = cv2.VideoCapture(address if isinstance(address, int) else for_opencv(address))
    try:
        if not capture.isOpened():
            what = Camera(address)
            raise VideoError(
                f"{what}: expected a video file, a camera or a stream that OpenCV opens, got none; "
                "check that it is there and plays in another program"
            )
        yield Video(capture)
    finally:
        capture.release()


def for_opencv(path: str | os.PathLike[str]) -> str:
    """The path of a video, or the address of a stream, as OpenCV takes it.

    Of a file that is there the whole path: of `rec-12:30.mp4` FFmpeg would take `rec-12` for a
    protocol.

    Raises:
        VideoError: it is no text, which would end the process.
    """
    text = os.fspath(path)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise VideoError(
            f"expected the path of a video in UTF-8, as OpenCV needs it, got {text!r}; rename it"
        ) from error
    return os.path.abspath(text) if os.path.exists(text) else text
