"""Peers of ONNX Runtime: how their files are opened."""

from pathlib import Path
from typing import Any

from tfface.predict.packages import import_optional
from tfface.reasons import reason_of

_ERRORS_ONLY = 3
"""Severity from which ONNX Runtime speaks: it warns of every weight that is also an input."""


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
