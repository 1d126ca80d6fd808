"""Detectors to time, each loaded in the same way by every process that times it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from measure.model_files import read_tflite
from measure.timing import THRESHOLD, Detect
from tfface.packaged import PRECISIONS
from tfface.predict.face_detector import FaceDetector
from tfface.predict.litert import LiteRTRuntime
from tfface.predict.packages import import_optional
from tfface.predict.runtime import Size
from tfface.presets import PRESETS
from tfface.rgb import Image

LITERT = "LiteRT"


@dataclass(frozen=True)
class Contestant:
    """A detector that is timed beside others.

    Attributes:
        name: in tables.
        model: preset or path of a TFLite file, or the path of a peer's weights.
        runtime: `LITERT`, or a key of `measure.peers.TIMED`.
        precision: of a preset.
    """

    name: str
    model: str
    runtime: str = LITERT
    precision: str = PRECISIONS[0]

    def file_bytes(self) -> int:
        """Size of its file."""
        if self.model in PRESETS:
            return len(PRESETS[self.model].read(self.precision))
        return Path(self.model).stat().st_size

    def import_runtime(self) -> None:
        """Imports what `load` and the first call would import.

        Raises:
            ImportError: a package is missing.
        """
        if self.runtime == LITERT:
            import_optional("ai_edge_litert.interpreter")
            if self.model not in PRESETS:  # what is not ours is verified by that
                import_optional("ai_edge_litert.schema_py_generated")
        else:
            import_optional(import_peers().TIMED[self.runtime].package, extra="dev")

    def load(self, threads: int, size: Size) -> Detect:
        """Loads the detector.

        Args:
            threads: processor threads that it may use.
            size: height and width of the pictures.

        Raises:
            tfface.predict.runtime.ModelError: no TFLite file, or no detector as tfface writes them.
            FileNotFoundError: the weights of a peer are not there.
            ImportError: as `import_runtime`.
        """
        cv2.setNumThreads(threads)  # it scales pictures and runs peers
        if self.runtime != LITERT:
            return import_peers().TIMED[self.runtime].load(Path(self.model), threads, size)
        content, is_known = read_tflite(self.model, self.precision), self.model in PRESETS
        runtime = LiteRTRuntime(content, self.model, threads, is_known)
        detector = FaceDetector(runtime)
        return lambda image: detector.detect(image, threshold=THRESHOLD)


def contestants_of(model: str, precisions: Sequence[str]) -> list[Contestant]:
    """A preset in each of the precisions; a file, which has its own, as it is."""
    if model not in PRESETS:
        return [Contestant(model, model)]
    return [
        Contestant(Path(PRESETS[model].file(precision).name).stem, model, precision=precision)
        for precision in precisions
    ]


def import_peers() -> Any:
    """The module `measure.peers`, which imports what runs the peers.

    Raises:
        ImportError: a package is missing.
    """
    return import_optional("measure.peers", extra="evaluate,dev")


def peers_in(folder: Path) -> list[Contestant]:
    """The peers whose weights are in `folder`.

    Raises:
        ImportError: as `import_peers`.
        FileNotFoundError: there are none.
    """
    peers = import_peers()
    present = peers.peers_present(folder)
    return [
        Contestant(name, str(folder / peers.PEERS[timed.key].file), name)
        for name, timed in peers.TIMED.items()
        if timed.key in present
    ]


def picture_with_faces(size: Size) -> Image:
    """Eileen Collins, a picture in the public domain that scikit-image brings, scaled to `size`.

    Returns:
        RGB uint8 `(*size, 3)`. Her face keeps its shape at 4:3.

    Raises:
        ImportError: scikit-image is not installed.
    """
    astronaut = import_optional("skimage.data", extra="evaluate").astronaut()
    height, width = size
    return cv2.resize(astronaut[:384], (width, height), interpolation=cv2.INTER_AREA)
