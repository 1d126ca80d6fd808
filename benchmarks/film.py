"""Frames a second of a film that is annotated or blurred, with every number of threads.

    python -m benchmarks.film --output runs/film --threads 1,2

The film, of 30 seconds, is put together from public-domain pictures: two people glide past each
other before a rocket, nearing and going away. `tfface.detect` searches it, as a user would.
"""

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tfface.command_line import CommandParser, run_command
from tfface.command_options import positive, thread_counts
from tfface.packaged import DEFAULT_PRESET
from tfface.predict.packages import optional_packages

with optional_packages("evaluate", __name__):
    import cv2
    import numpy as np
    import skimage.data

    from examples.own_data import people

SIZE = (1280, 720)
FRAMES_A_SECOND = 25
NEAREST, FARTHEST = 440, 140
"""Height of a person in pixels."""


def frames(count: int) -> Iterator[tuple[np.ndarray, list[tuple[float, float]]]]:
    """RGB frames, and in each the centres of the two faces, x and y in pixels."""
    width, height = SIZE
    ground, pair = cv2.resize(skimage.data.rocket(), SIZE), people()
    for number in range(count):
        frame, centres = ground.copy(), []
        turn = 2.0 * math.pi * number / count
        for side, (person, (x_min, y_min, x_max, y_max)) in enumerate(pair):
            nearness = 0.5 + 0.5 * math.sin((3 + 2 * side) * turn)
            scale = (FARTHEST + (NEAREST - FARTHEST) * nearness) / person.shape[0]
            pasted = cv2.resize(person, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            tall, wide = pasted.shape[:2]
            # Each in its own half, from edge to edge of it.
            room = width // 2 - wide
            left = side * (width // 2) + round(room * (0.5 + 0.5 * math.cos((2 + side) * turn)))
            frame[height - tall :, left : left + wide] = pasted
            middle = ((x_min + x_max) / 2 * scale, (y_min + y_max) / 2 * scale)
            centres.append((left + middle[0], height - tall + middle[1]))
        yield frame, centres


def write_film(path: Path, seconds: int) -> list[list[tuple[float, float]]]:
    """Writes the film; returns the centres of the faces, by frame.

    Raises:
        OSError: OpenCV cannot write such a film here.
    """
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter.fourcc(*"mp4v"), float(FRAMES_A_SECOND), SIZE
    )
    if not writer.isOpened():
        raise OSError(f"OpenCV cannot write {path}")
    centres = []
    for frame, of_frame in frames(seconds * FRAMES_A_SECOND):
        writer.write(frame[..., ::-1])
        centres.append(of_frame)
    writer.release()
    return centres


def found(results: Path, centres: Sequence[Sequence[tuple[float, float]]]) -> tuple[int, int]:
    """How many faces have a box around their centre, and how many boxes there are beside."""
    hits = others = 0
    with results.open(encoding="utf-8") as file:
        for line, of_frame in zip(file, centres, strict=True):
            boxes = [face["box"] for face in json.loads(line)["faces"]]
            hit = sum(
                any(x0 < x < x1 and y0 < y < y1 for x0, y0, x1, y1 in boxes) for x, y in of_frame
            )
            hits, others = hits + hit, others + len(boxes) - hit
    return hits, others


def run(options: argparse.Namespace) -> int:
    """Makes the film, searches it and prints the pace; 1 where the command fails."""
    options.output.mkdir(parents=True, exist_ok=True)
    film, results = options.output / "film.mp4", options.output / "faces.jsonl"
    centres = write_film(film, options.seconds)
    for threads in options.threads:
        for way in ("annotated", "blurred"):
            command = [sys.executable, "-m", "tfface.detect", str(film), "--jsonl", str(results)]
            command += ["--model", options.model, "--precision", options.precision]
            command += ["--threads", str(threads), "--output", str(options.output / way)]
            began = time.monotonic()
            subprocess.run(
                [*command, *(["--blur"] if way == "blurred" else [])],
                check=True,
                stderr=subprocess.DEVNULL,
            )
            pace = len(centres) / (time.monotonic() - began)
            hits, others = found(results, centres)
            print(
                f"{way}, {threads} threads: {pace:.1f} frames a second; {hits} of "
                f"{2 * len(centres)} faces, {others} other boxes",
                flush=True,
            )
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=positive, default=30, help="of the film")
    parser.add_argument("--threads", type=thread_counts, default=[1, 2], help="as 1,2")
    parser.add_argument("--model", default=DEFAULT_PRESET)
    parser.add_argument("--precision", default="int8")
    parser.add_argument("--output", type=Path, default=Path("runs/film"))
    return run_command(parser, run, arguments)


if __name__ == "__main__":
    sys.exit(main())
