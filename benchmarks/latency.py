"""Milliseconds from a picture to boxes: tfface's detectors and YuNet, in one run.

    python -m benchmarks.latency --peers DIR --size 640x480 --threads 1

All detectors see the same picture in turn, many times, so that what else the machine does hits all
of them; the median counts. FB-1 is the original FaceBoxes with untrained weights, converted on the
spot (speed does not depend on the weights as long as few candidates pass, which is made sure of).
YuNet-n runs in ONNX Runtime and in OpenCV.
"""

import argparse
import datetime
import platform
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import keras
import numpy as np
import skimage.data

from benchmarks.complexity import count
from benchmarks.onnx_complexity import count_onnx
from benchmarks.peers import PEERS
from benchmarks.tables import write_csv
from benchmarks.timing import take_turns
from convert.faces import Selection
from convert.graph import DetectionGraph
from convert.metadata import describe
from convert.tflite import to_tflite
from tfface import FaceDetector
from tfface.detectors.faceboxes import FaceBoxes
from tfface.presets import PRESETS, keras_weights

THRESHOLD = 0.3
WARM_UP_ROUNDS = 10


@dataclass(frozen=True)
class Contestant:
    """A detector to time: its name, its call with an RGB picture, and what is known of it."""

    name: str
    detect: Callable[[np.ndarray], object]
    multiply_adds: int
    parameters: int


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peers", type=Path, required=True, help="folder of weight files")
    parser.add_argument("--size", default="640x480", help="WIDTHxHEIGHT of the picture")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--csv", type=Path, help="also write the table to this file")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    image = cv2.resize(
        skimage.data.astronaut()[:384], (width, height), interpolation=cv2.INTER_AREA
    )

    contestants = [
        *own_detectors(options.threads, height, width),
        *yunets(options.peers, options.threads, image),
    ]
    calls = [partial(contestant.detect, image) for contestant in contestants]
    rows = [
        {
            "detector": contestant.name,
            "multiply-adds": contestant.multiply_adds,
            "parameters": contestant.parameters,
            "median ms": f"{np.median(times):.2f}",
            "10th percentile": f"{np.percentile(times, 10):.2f}",
            "90th percentile": f"{np.percentile(times, 90):.2f}",
        }
        for contestant, times in zip(
            contestants, take_turns(calls, options.rounds, WARM_UP_ROUNDS), strict=True
        )
    ]
    setting = f"{options.size}, {options.threads} thread(s), {options.rounds} rounds, {processor()}"
    print(setting)
    print("  ".join(f"{name:>22}" for name in rows[0]))
    for row in rows:
        print("  ".join(f"{cell!s:>22}" for cell in row.values()))
    if options.csv:
        write_csv(options.csv, rows, f"{datetime.date.today()}, {setting}")


def own_detectors(threads: int, height: int, width: int) -> Iterator[Contestant]:
    """FB-1 and the presets."""
    faceboxes = FaceBoxes()
    for head in faceboxes.heads:
        head.bias.assign(np.tile([3.0, -3.0, 0, 0, 0, 0], head.filters // 6))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fb-1.tflite"
        graph = DetectionGraph(faceboxes, batch=1)
        path.write_bytes(to_tflite(graph, describe(faceboxes, "FB-1", Selection())))
        run = detection_with(path, threads)
    yield Contestant("FB-1 (LiteRT)", run, *count(faceboxes, height, width))
    for name, preset in PRESETS.items():
        model = keras.models.load_model(keras_weights(preset), compile=False)
        run = detection_with(name, threads)
        yield Contestant(f"{name} (LiteRT)", run, *count(model, height, width))


def detection_with(model: str | Path, threads: int) -> Callable[[np.ndarray], object]:
    detector = FaceDetector.from_preset(model, threads=threads)
    return lambda image: detector.detect(image, threshold=THRESHOLD)


def yunets(folder: Path, threads: int, image: np.ndarray) -> Iterator[Contestant]:
    """YuNet-n in both runtimes, from RGB picture to boxes."""
    build, file = PEERS["yunet_n"]
    in_onnx_runtime = build(folder / file, threads)
    size_of_network = count_onnx(folder / file, *image.shape[:2])
    yield Contestant(
        "YuNet-n (ONNX Runtime)",
        lambda image: in_onnx_runtime.detect(image, THRESHOLD),
        *size_of_network,
    )
    cv2.setNumThreads(threads)
    size = (image.shape[1], image.shape[0])
    in_opencv = cv2.FaceDetectorYN.create(str(folder / file), "", size, THRESHOLD, 0.45)
    yield Contestant(
        "YuNet-n (OpenCV)",
        lambda image: in_opencv.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR)),
        *size_of_network,
    )


def processor() -> str:
    """Name of the processor, as far as the system tells."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
