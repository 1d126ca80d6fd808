"""Milliseconds from a picture to boxes: tfface's detectors and YuNet, in one run.

    python -m benchmarks.latency --peers DIR --size 640x480 --threads 1

All detectors see the same picture in turn, many times, so that what else the machine does hits all
of them; the median counts. FB-1 is the original FaceBoxes with untrained weights, converted on the
spot (speed does not depend on the weights as long as few candidates pass, which is made sure of).
YuNet-n runs in ONNX Runtime and in OpenCV.
"""

import argparse
import csv
import datetime
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import skimage.data
from tqdm import trange

from benchmarks.complexity import count
from benchmarks.peers import PEERS
from tfface import FaceDetector
from tfface.presets import PRESETS, keras_weights

THRESHOLD = 0.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
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

    detectors = {**own_detectors(options.threads), **yunets(options.peers, options.threads, image)}
    times = measure({name: run for name, (run, _) in detectors.items()}, image, options.rounds)
    rows = [
        {
            "detector": name,
            "multiply_adds_millions": f"{complexity[0] / 1e6:.0f}" if complexity else "",
            "parameters": complexity[1] if complexity else "",
            "median_ms": f"{np.median(times[name]):.2f}",
            "percentile_10_ms": f"{np.percentile(times[name], 10):.2f}",
            "percentile_90_ms": f"{np.percentile(times[name], 90):.2f}",
        }
        for name, (_, complexity) in detectors.items()
    ]
    setting = f"{options.size}, {options.threads} thread(s), {options.rounds} rounds, {processor()}"
    print(setting)
    for row in [dict(zip(rows[0], rows[0], strict=True)), *rows]:
        print("  ".join(f"{value!s:>22}" for value in row.values()))
    if options.csv:
        with options.csv.open("w", newline="") as file:
            file.write(f"# {datetime.date.today()} {setting}\n")
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)


def own_detectors(threads: int) -> dict[str, tuple[Callable, tuple[int, int]]]:
    """FB-1 and the presets: their call and their (multiply-adds at 640x480, parameters)."""
    import keras

    from convert.faces import Selection
    from convert.graph import DetectionGraph
    from convert.metadata import describe
    from convert.tflite import to_tflite
    from tfface.detectors.faceboxes import FaceBoxes

    detectors = {}
    faceboxes = FaceBoxes()
    for head in faceboxes.heads:
        head.bias.assign(np.tile([3.0, -3.0, 0, 0, 0, 0], head.filters // 6))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fb-1.tflite"
        graph = DetectionGraph(faceboxes, batch=1)
        path.write_bytes(to_tflite(graph, describe(faceboxes, "FB-1", Selection())))
        detectors["FB-1 (LiteRT)"] = (detect_with(path, threads), count(faceboxes))
    for name in PRESETS:
        model = keras.models.load_model(keras_weights(PRESETS[name]), compile=False)
        detectors[f"{name} (LiteRT)"] = (detect_with(name, threads), count(model))
    return detectors


def detect_with(model: str | Path, threads: int) -> Callable:
    detector = FaceDetector.from_preset(model, threads=threads)
    return lambda image: detector.detect(image, threshold=THRESHOLD)


def yunets(folder: Path, threads: int, image: np.ndarray) -> dict[str, tuple[Callable, None]]:
    """YuNet-n in both runtimes, from RGB picture to boxes."""
    build, file = PEERS["yunet_n"]
    in_onnx_runtime = build(folder / file, threads)
    cv2.setNumThreads(threads)
    in_opencv = cv2.FaceDetectorYN.create(
        str(folder / file), "", (image.shape[1], image.shape[0]), THRESHOLD, 0.45
    )
    return {
        "YuNet-n (ONNX Runtime)": (lambda image: in_onnx_runtime.detect(image, THRESHOLD), None),
        "YuNet-n (OpenCV)": (
            lambda image: in_opencv.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR)),
            None,
        ),
    }


def measure(
    detectors: dict[str, Callable], image: np.ndarray, rounds: int
) -> dict[str, np.ndarray]:
    """Milliseconds of every call, after ten calls that do not count."""
    times: dict[str, list[float]] = {name: [] for name in detectors}
    for number in trange(rounds + 10, unit="round"):
        for name, detect in detectors.items():
            start = time.perf_counter()
            detect(image)
            if number >= 10:
                times[name].append(1e3 * (time.perf_counter() - start))
    return {name: np.array(values) for name, values in times.items()}


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
