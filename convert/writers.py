"""Converts a detector, checks the result, and only then puts it in its place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from convert.faces import Selection
from convert.graph import DetectionGraph
from convert.metadata import describe, embed
from convert.parity import TOLERANCES, Parity, compare
from convert.quantization import quantize
from convert.saved_model import atomic_folder, save_graph
from convert.tflite import to_tflite
from tfface.detectors.base import Detector
from tfface.files import atomic_path
from tfface.image import Image
from tfface.predict import signature
from tfface.predict.litert import LiteRTRuntime
from tfface.predict.runtime import Runtime, Size
from tfface.predict.saved_model import SavedModelRuntime


@dataclass(frozen=True)
class Form:
    """What kind of TFLite file is written.

    Attributes:
        precision: see `convert.quantization.PRECISIONS`.
        calibration: pictures of a size that the file takes; `int8` and `int16x8` need them.
        signature: `tfface.predict.signature.NAME` for faces, or `CANDIDATES`.
        batch: how many pictures it takes at a time.
    """

    precision: str = "float32"
    calibration: Sequence[Image] = ()
    signature: str = signature.NAME
    batch: int = 1


def write_tflite(
    detector: Detector,
    output: Path,
    model: str,
    selection: Selection,
    size: Size | None,
    images: Iterable[Image],
    form: Form | None = None,
) -> Parity:
    """Writes a TFLite file.

    Args:
        detector: what to convert.
        output: the file; one that is there is replaced.
        model: preset or path that the detector came from, for the metadata.
        selection: thresholds and limits in the graph.
        size: the only height and width it takes; None takes every size.
        images: pictures to compare file and detector on.
        form: precision, outputs and batch; None is a float32 file for one picture at a time.

    Raises:
        convert.tflite.ConversionError: the detector needs operations that TFLite lacks.
        convert.parity.ParityError: the file does not find what the detector finds.
        ValueError: a precision that there is not, or that needs pictures and got none.
    """
    form = form or Form()
    graph = DetectionGraph(detector, selection, size, form.batch)
    batches = (np.stack([picture] * form.batch) for picture in form.calibration)
    content = to_tflite(graph, form.signature)
    content = quantize(content, form.precision, batches, form.signature)
    content = embed(content, describe(detector, model, selection, form.precision, form.signature))
    runtime = LiteRTRuntime(content, str(output))
    parity = _checked(runtime, detector, images, selection, form.precision)
    with atomic_path(output) as temporary:
        temporary.write_bytes(content)
    return parity


def write_saved_model(
    detector: Detector,
    output: Path,
    model: str,
    selection: Selection,
    size: Size | None,
    images: Iterable[Image],
) -> Parity:
    """Writes a SavedModel that takes any number of pictures of one size; see `write_tflite`."""
    graph = DetectionGraph(detector, selection, size)
    with atomic_folder(output) as temporary:
        save_graph(graph, describe(detector, model, selection, "float32"), temporary)
        runtime = SavedModelRuntime(temporary)
        return _checked(runtime, detector, images, selection, "float32")


def _checked(
    runtime: Runtime,
    detector: Detector,
    images: Iterable[Image],
    selection: Selection,
    precision: str,
) -> Parity:
    tolerance = TOLERANCES[precision]
    parity = compare(runtime, detector, images, selection, tolerance)
    parity.check(tolerance)
    return parity
