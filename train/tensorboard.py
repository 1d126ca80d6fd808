"""TensorBoard event files, written without TensorFlow, so that JAX runs have them too."""

import time
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter


class EventLog:
    """Scalars and pictures of a run, for `tensorboard --logdir`.

    A run that goes on adds a file to the folder; TensorBoard joins the curves by their steps. Every
    point is on disk before the call returns.

    Args:
        directory: `RUN/tensorboard`; made when it is missing.
    """

    def __init__(self, directory: Path):
        self._writer = EventFileWriter(str(directory))

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
        self._writer.add_event(Event(step=step, wall_time=time.time(), summary=summary))
        self._writer.flush()

    def close(self) -> None:
        """Ends the file."""
        self._writer.close()
