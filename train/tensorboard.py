"""TensorBoard event files, written without TensorFlow, so that JAX runs have them too."""

import os
import socket
import time
import weakref
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

from tfface.data.tfrecord import frame


class EventLog:
    """Scalars and pictures of a run, for `tensorboard --logdir`.

    A run that goes on adds a file to the folder; TensorBoard joins the curves by their steps. Every
    point is on disk before the call returns.

    Args:
        directory: `RUN/tensorboard`; made when it is missing.
    """

    def __init__(self, directory: Path):
        directory.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{time.time():019.8f}.{socket.gethostname()}.{os.getpid()}"
        self._file = (directory / name).open("ab")
        weakref.finalize(self, self._file.close)
        self._write(Event(wall_time=time.time(), file_version="brain.Event:2"))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """One point on the curve of every name."""
        summary = Summary(
            value=[Summary.Value(tag=name, simple_value=value) for name, value in values.items()]
        )
        self._add(step, summary)

    def picture(self, step: int, name: str, image: np.ndarray) -> None:
        """A picture `(H, W, 3)` RGB uint8."""
        _, encoded = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        height, width = image.shape[:2]
        content = Summary.Image(
            height=height, width=width, colorspace=3, encoded_image_string=encoded.tobytes()
        )
        self._add(step, Summary(value=[Summary.Value(tag=name, image=content)]))

    def _add(self, step: int, summary: Summary) -> None:
        self._write(Event(step=step, wall_time=time.time(), summary=summary))

    def _write(self, event: Event) -> None:
        self._file.write(frame(event.SerializeToString()))
        self._file.flush()

    def close(self) -> None:
        """Ends the file."""
        self._file.close()
