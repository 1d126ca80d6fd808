"""Converts a detector, checks the result, and only then puts it in its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from convert.graph import DetectionGraph
from convert.metadata import describe, embed
from convert.parity import TOLERANCES, Parity, compare
from convert.pixel_cast import cast_by_dequantizing
from convert.quantization import quantize
from convert.saved_model import atomic_folder, save_graph
from convert.tflite import to_tflite
from tfface.detectors.base import Detector
from tfface.files import atomic_path
from tfface.predict import signature
from tfface.predict.litert import LiteRTRuntime
from tfface.predict.runtime import Runtime, Size
from tfface.predict.saved_model import SavedModelRuntime
from tfface.predict.selection import Selection
from tfface.rgb import Image


@dataclass(frozen=True)
class Conversion:
    """What is converted, and how the result is checked.

    Attributes:
        detector: a detector of tfface.
        model: preset or path that it came from, for the metadata.
        images: pictures to compare the result and the detector on.
        selection: thresholds and limits in the graph; None takes those of the detector.
        size: the only height and width that the result takes; None takes every size.
    """

    detector: Detector
    model: str
    images: Sequence[Image]
    selection: Selection | None = None
    size: Size | None = None

    @property
    def limits(self) -> Selection:
        """The selection, or that of the detector."""
        return self.selection or self.detector.selection


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


def tflite_content(graph: DetectionGraph, form: Form) -> bytes:
    """A TFLite file without a description.

    Args:
        graph: for as many pictures as `form` says.
        form: what kind of file.

    Raises:
        convert.tflite.ConversionError: the graph needs operations that TFLite lacks.
        ValueError: a precision that there is not, or that needs pictures and got none.
    """
    batches = (np.stack([picture] * form.batch) for picture in form.calibration)
    content = to_tflite(graph, form.signature)
    return cast_by_dequantizing(quantize(content, form.precision, batches, form.signature))


def write_tflite(conversion: Conversion, output: Path, form: Form | None = None) -> Parity:
    """Writes a TFLite file to `output`; one that is there is replaced.

    Args:
        conversion: what to convert.
        output: the file.
        form: precision, outputs and batch; None is a float32 file for one picture at a time.

    Raises:
        convert.tflite.ConversionError: the detector needs operations that TFLite lacks.
        convert.parity.ParityError: the file does not find what the detector finds.
        ValueError: a precision that there is not, or that needs pictures and got none.
    """
    form = form or Form()
    detector, selection = conversion.detector, conversion.limits
    graph = DetectionGraph(detector, selection, conversion.size, form.batch)
    content = embed(
        tflite_content(graph, form),
        describe(detector, conversion.model, selection, form.precision, form.signature),
    )
    parity = _checked(LiteRTRuntime(content, str(output)), conversion, form.precision)
    with atomic_path(output) as temporary:
        temporary.write_bytes(content)
    return parity


def write_saved_model(conversion: Conversion, output: Path) -> Parity:
    """Writes a SavedModel that takes any number of pictures of one size; see `write_tflite`."""
    detector, selection = conversion.detector, conversion.limits
    graph = DetectionGraph(detector, selection, conversion.size)
    with atomic_folder(output) as temporary:
        save_graph(graph, describe(detector, conversion.model, selection, "float32"), temporary)
        return _checked(SavedModelRuntime(temporary), conversion, "float32")


def _checked(runtime: Runtime, conversion: Conversion, precision: str) -> Parity:
    tolerance = TOLERANCES[precision]
    parity = compare(runtime, conversion.detector, conversion.images, conversion.limits, tolerance)
    parity.check(tolerance)
    return parity
