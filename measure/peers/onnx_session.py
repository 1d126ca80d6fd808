"""Peers of ONNX Runtime: how their files are opened."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tfface.predict.packages import import_optional
from tfface.predict.runtime import Size
from tfface.reasons import reason_of
from tfface.rgb import Image

_ERRORS_ONLY = 3
"""Severity from which ONNX Runtime speaks: it warns of every weight that is also an input."""


class OneSize:
    """An ONNX file whose input has one size, and that takes RGB less a mean, divided by 128.

    Args:
        path: of the file.
        threads: processor threads that it may use.

    Attributes:
        size: height and width of the input.
        outputs: names of the outputs, in order.

    Raises:
        As `open_session`.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self._session = open_session(path, threads)
        (images,) = self._session.get_inputs()
        self._input = images.name
        self.size: Size = (images.shape[2], images.shape[3])
        self.outputs = [output.name for output in self._session.get_outputs()]

    def run(self, image: Image, mean: float, outputs: Sequence[str]) -> list[NDArray[np.float32]]:
        """The outputs of these names for RGB uint8 `(*size, 3)`, without the axis of pictures."""
        pixels = cv2.dnn.blobFromImage(image, 1 / 128, mean=(mean,) * 3)
        return [output[0] for output in self._session.run(list(outputs), {self._input: pixels})]


def open_session(model: Path | bytes, threads: int) -> Any:
    """An `onnxruntime.InferenceSession` on the processor.

    Args:
        model: an ONNX file, or what is in one.
        threads: processor threads that it may use.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no ONNX file, or one that ONNX Runtime cannot run.
        ImportError: onnxruntime is not installed.
    """
    onnxruntime = import_optional("onnxruntime", extra="dev")
    if isinstance(model, Path) and not model.is_file():
        raise FileNotFoundError(f"expected an ONNX file at {model}, got no such file")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Otherwise its threads spin on for a while, in the turn of the detector that is timed next.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    content = str(model) if isinstance(model, Path) else model
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # Its own classes have no other base.
        name = model if isinstance(model, Path) else f"{len(model)} bytes"
        raise ValueError(
            f"expected an ONNX file, got {name}, which ONNX Runtime refuses: {reason_of(error)}"
        ) from error
