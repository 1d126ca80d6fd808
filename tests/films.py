"""Films for the tests of videos."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tfface.video_writer import write_video

_TICKS = 10240
"""A second, in an MP4 file that OpenCV writes at 10 frames a second."""


def save_film(path: Path, frames: int = 3) -> Path:
    """Ten frames a second, each with a red square: a face to the tiny detectors above 0.25."""
    with write_video(path, rate=10) as video:
        for _ in range(frames):
            image = np.zeros((64, 96, 3), np.uint8)
            image[16:32, 16:32, 0] = 255
            video.write(image)
    return path


def save_uneven_film(path: Path, seconds: Sequence[float]) -> Path:
    """An MP4 file whose frames are shown for that long each, as phones and screen recorders write.

    It is one of even times, whose table of them (stts; ISO/IEC 14496-12, 8.6.1.2) is replaced. The
    boxes around it, of which the file's last is the outermost, grow with it.
    """
    content = bytearray(save_film(path, len(seconds)).read_bytes())
    entries = b"".join(_number(1) + _number(round(_TICKS * each)) for each in seconds)
    table = b"stts" + _number(0) + _number(len(seconds)) + entries
    start = content.rindex(b"stts") - 4
    size = int.from_bytes(content[start : start + 4], "big")
    content[start : start + size] = _number(len(table) + 4) + table
    for box in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        place = content.index(box, content.rindex(b"moov")) - 4
        grown = int.from_bytes(content[place : place + 4], "big") + len(table) + 4 - size
        content[place : place + 4] = _number(grown)
    content[:] = content.replace(b"edts", b"free")  # how much of it is shown
    path.write_bytes(content)
    return path


def _number(value: int) -> bytes:
    return value.to_bytes(4, "big")
