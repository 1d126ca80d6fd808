"""Whether TFLite files find in every runtime what their detector finds in Keras.

    python -m benchmarks.runtimes --environments DIR --csv runtimes.csv

The shipped files and others of their weights, in every precision and form, at sizes that the stride
of the network divides and at others; in processes of their own, which a runtime may end. Runtimes
that are not installed here get virtual environments in DIR, by pip; one that has no package for
this Python is left out. The exit status is 1 where a runtime fails.
"""

import datetime
import json
import math
import signal
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.tables import write_csv
from convert.graph import DetectionGraph
from convert.parity import TOLERANCES, ParityError, compare
from convert.quantization import PRECISIONS
from convert.writers import Form, tflite_content
from measure.contestants import picture_with_faces
from tfface.command_line import CommandParser, run_command
from tfface.detectors.loading import load_detector
from tfface.predict import signature, suppression
from tfface.predict.runtime import Faces, Size
from tfface.predict.selection import Selection
from tfface.presets import PRESETS
from tfface.rgb import Image

SIZES = ((512, 512), (480, 640), (500, 500), (333, 501))
"""Heights and widths of pictures, with and without a remainder modulo 32."""

UNMATCHED = 0.1
"""Share of detections that one of two may have alone; boxes of both are compared by overlap. One
picture has a hundred or fewer, mostly of the lowest scores, and there the rounding of float16 makes
some change places with their neighbours."""

SCRIPT = Path(__file__).with_name("run_tflite.py")

Outputs = dict[str, NDArray[Any]]
"""Of one signature, by name."""


@dataclass(frozen=True)
class Interpreter:
    """A runtime, ready to start.

    Attributes:
        module: that has `Interpreter`.
        python: the executable of an environment that has the module.
    """

    module: str
    python: Path = Path(sys.executable)

    def run(self, jobs: Sequence[tuple[Path, NDArray[np.uint8]]]) -> list[Outputs | str]:
        """What TFLite files return for pictures `(B, H, W, 3)`, or what went wrong.

        All run in one process; those after the one that ended it, in another.
        """
        results: list[Outputs | str] = []
        with tempfile.TemporaryDirectory() as folder:
            arguments = []
            for number, (file, images) in enumerate(jobs):
                given, returned = (str(Path(folder, f"{number}{end}")) for end in (".npy", ".npz"))
                np.save(given, images)
                arguments.append((str(file), given, returned))
            while len(results) < len(jobs):
                waiting = arguments[len(results) :]
                process = self._start(waiting)
                done = len(process.stdout.splitlines())
                results += [_read(returned) for _, _, returned in waiting[:done]]
                if process.returncode:
                    failed = min(len(results), len(jobs) - 1)  # the last, where the end failed
                    results[failed:] = [_reason(process)]
        return results

    def _start(self, arguments: Sequence[tuple[str, ...]]) -> subprocess.CompletedProcess[str]:
        command = [str(self.python), str(SCRIPT), self.module, json.dumps(arguments)]
        return subprocess.run(command, capture_output=True, text=True)


def _read(path: str) -> Outputs:
    with np.load(path) as arrays:
        return dict(arrays)


def _reason(process: subprocess.CompletedProcess[str]) -> str:
    if process.returncode < 0:
        return signal.Signals(-process.returncode).name
    return process.stderr.strip().splitlines()[-1]


LITERT = "ai_edge_litert.interpreter"
TENSORFLOW = "tensorflow.lite.python.interpreter"
TFLITE_RUNTIME = "tflite_runtime.interpreter"

INSTALLED = {"tensorflow": TENSORFLOW, "ai-edge-litert": LITERT}
"""Modules of the runtimes that the environment of tfface has, by package."""

OTHERS = {
    ("ai-edge-litert==2.2.0",): LITERT,
    ("ai-edge-litert==2.1.0",): LITERT,
    ("ai-edge-litert==2.0.2",): LITERT,
    ("ai-edge-litert==1.4.0",): LITERT,
    ("ai-edge-litert==1.2.0",): LITERT,
    ("tflite-runtime==2.14.0", "numpy<2"): TFLITE_RUNTIME,
}
"""Modules of runtimes that get an environment, by what pip installs."""


def interpreters(folder: Path) -> Iterator[tuple[str, Interpreter]]:
    """All runtimes with their names; environments that `folder` lacks are made."""
    for package, module in INSTALLED.items():
        yield f"{package} {version(package)}", Interpreter(module)
    for requirements, module in OTHERS.items():
        name = requirements[0].replace("==", " ")
        environment = folder / name.replace(" ", "-")
        python = environment / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if subprocess.run([*pip, *requirements]).returncode:
            print(f"{name} does not install here: left out", file=sys.stderr)
        else:
            yield name, Interpreter(module, python)


@dataclass(frozen=True)
class File:
    """A TFLite file that is tried out.

    Attributes:
        name: in the table.
        content: its bytes.
        detector: preset whose weights it has.
        precision: see `convert.quantization.PRECISIONS`.
        batch: number of pictures that it takes at a time.
        sizes: heights and widths that it takes.
    """

    name: str
    content: bytes
    detector: str
    precision: str = "float32"
    batch: int = 1
    sizes: Sequence[Size] = SIZES


def files() -> Iterator[File]:
    """The shipped files, in every precision; and each other form that `convert.main` writes."""
    calibration = [picture_with_faces((480, 640))]
    for name in PRESETS:
        detector = load_detector(name)
        graph = DetectionGraph(detector, batch=1)
        for precision in PRECISIONS:
            content = tflite_content(graph, Form(precision, calibration))
            yield File(f"{name} {precision}", content, name, precision)
        content = tflite_content(graph, Form(signature=signature.CANDIDATES))
        yield File(f"{name} candidates", content, name)
        of_two = DetectionGraph(detector, batch=2)
        yield File(f"{name} batch of 2", tflite_content(of_two, Form(batch=2)), name, batch=2)
        for size in SIZES:
            content = tflite_content(DetectionGraph(detector, size=size, batch=1), Form())
            yield File(f"{name} of one size", content, name, sizes=[size])


def faces_of(outputs: Outputs, size: Size, selection: Selection) -> list[Faces]:
    """The faces of every picture of a batch, by what a file of any signature returned."""
    boxes, scores = outputs["boxes"], outputs["scores"]
    if "count" not in outputs:
        each = zip(boxes, scores, strict=True)
        return [
            suppression.suppress_candidates(*candidates, size, selection) for candidates in each
        ]
    faces = zip(boxes, scores, outputs["count"], strict=True)
    return [(boxes[:count], scores[:count]) for boxes, scores, count in faces]


class Replay:
    """Faces that were found before; stands for the runtime that found them."""

    fixed_size = None

    def __init__(self, faces: Sequence[Faces]) -> None:
        self._faces = iter(faces)

    def run(self, image: Image) -> Faces:
        return next(self._faces)


def verdict(result: Outputs | str, detector: Any, images: NDArray[np.uint8], precision: str) -> str:
    """What there is to say of the outputs for pictures `(B, H, W, 3)`: `ok`, or what is wrong.

    They are right where the detector in Keras finds the same, as nearly as the precision allows.
    """
    if isinstance(result, str):
        return result
    tolerance = replace(TOLERANCES[precision], unmatched=UNMATCHED, box=math.inf)
    replay = Replay(faces_of(result, images.shape[1:3], detector.selection))
    found = compare(replay, detector, images, detector.selection, tolerance)
    try:
        found.check(tolerance)
    except ParityError:
        return f"differs: {found}"
    return "ok"


def try_out(file: File, runtimes: dict[str, Interpreter]) -> list[dict[str, str]]:
    """Rows of the table: a size each, a column for each runtime."""
    detector = load_detector(file.detector)
    pictures = [np.stack([picture_with_faces(size)] * file.batch) for size in file.sizes]
    rows = [{"file": file.name, "size": f"{width}x{height}"} for height, width in file.sizes]
    with tempfile.NamedTemporaryFile(suffix=".tflite") as written:
        written.write(file.content)
        written.flush()
        jobs = [(Path(written.name), images) for images in pictures]
        for name, runtime in runtimes.items():
            for row, result, images in zip(rows, runtime.run(jobs), pictures, strict=True):
                row[name] = verdict(result, detector, images, file.precision)
    return rows


def main() -> int:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--environments", type=Path, required=True, help="folder of virtual environments"
    )
    parser.add_argument("--csv", type=Path, help="also write the table to this file")
    return run_command(parser, run)


def run(options: Namespace) -> int:
    """Tries all files out, and prints and writes the table; 1 where one is not right."""
    options.environments.mkdir(parents=True, exist_ok=True)
    runtimes = dict(interpreters(options.environments))
    rows = []
    for file in files():
        for row in try_out(file, runtimes):
            print("  ".join(row.values()), flush=True)
            rows.append(row)
    if options.csv:
        comment = f"{datetime.date.today()}, ok where the faces are those of Keras"
        write_csv(options.csv, rows, comment)
    return int(any(row[name] != "ok" for row in rows for name in runtimes))


if __name__ == "__main__":
    sys.exit(main())
