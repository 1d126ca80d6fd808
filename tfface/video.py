"""Videos: read from a file, a camera or a stream, and written."""

import os
import re
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2

from tfface.files import atomic_path
from tfface.image import Image

if TYPE_CHECKING:  # It takes pictures from here.
    from tfface.detections import Detections

USUAL_RATE = 25.0
"""Frames a second of a source that does not say."""

CODEC = "mp4v"
"""MPEG-4 part 2, which every OpenCV from pip writes; there is no sound."""


class VideoError(ValueError):
    """A video that cannot be opened, or written."""


class VideoFrame(NamedTuple):
    """A frame: its number from 0 on, its time, the picture RGB uint8 `(H, W, 3)`, and its faces."""

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
    """An address without user and password."""
    return re.sub(r"//[^/@]*@", "//", address)


class Video:
    """An open video.

    Attributes:
        rate: frames a second.
        count: number of frames, about; 0 where it is not known, as of a camera.
    """

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture
        rate = capture.get(cv2.CAP_PROP_FPS)
        self.rate = rate if 0 < rate <= 1000 else USUAL_RATE
        self.count = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))

    def frames(self) -> Iterator[Image]:
        """The frames from here on, RGB uint8 `(H, W, 3)`, upright."""
        while True:
            there, frame = self._capture.read()
            if not there:
                return
            yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB, dst=frame)


@contextmanager
def open_video(source: str | os.PathLike[str] | int) -> Iterator[Video]:
    """A video file, the camera of that number, or the stream at an address such as rtsp://...

    Raises:
        VideoError: OpenCV cannot open it.
    """
    address = source if isinstance(source, int) else os.fspath(source)
    capture = cv2.VideoCapture(address)
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


class VideoWriter:
    """Writes frames of one size into an MP4 file, without sound.

    Args:
        path: of the file.
        rate: frames a second.
    """

    def __init__(self, path: Path, rate: float) -> None:
        self._path = path
        self._rate = rate
        self._writer: cv2.VideoWriter | None = None

    def write(self, image: Image) -> None:
        """Adds a frame, RGB uint8 `(H, W, 3)`.

        Raises:
            VideoError: OpenCV cannot write this file.
        """
        if self._writer is None:
            height, width = image.shape[:2]
            code = cv2.VideoWriter.fourcc(*CODEC)
            self._writer = cv2.VideoWriter(str(self._path), code, self._rate, (width, height))
            if not self._writer.isOpened():
                raise VideoError(
                    f"expected an OpenCV that writes {CODEC} to {self._path}, got none"
                )
        self._writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))

    def close(self) -> None:
        """Completes the file."""
        if self._writer is not None:
            self._writer.release()


@contextmanager
def write_video(path: Path, rate: float, mark: bytes = b"") -> Iterator[VideoWriter]:
    """A video that is at `path` when the block ends without an error.

    Args:
        path, rate: as of `VideoWriter`.
        mark: what the file ends with, such as `tfface.annotated.FILM_MARK`.
    """
    with atomic_path(path) as temporary:
        writer = VideoWriter(temporary, rate)
        try:
            yield writer
        finally:
            writer.close()
        with temporary.open("ab") as file:
            file.write(mark)
