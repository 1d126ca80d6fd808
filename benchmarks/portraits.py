"""Boxes in close portraits: one is the face, every other one is too many.

    python -m benchmarks.portraits fbi-1 yunet_n --peers DIR

Two faces of pictures in the public domain are cut out with more and less around them, enlarged to
3,000 pixels, and searched at the default size and at 640. `--pictures` writes the portraits with
the boxes that were found.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.detector_options import add_detector_options
from measure.peers import open_detector
from tfface.annotated import write_annotated
from tfface.command_line import CommandParser, run_command
from tfface.drawing import draw_detections
from tfface.evaluation.coco import overlaps
from tfface.predict.packages import optional_packages
from tfface.rgb import Image

with optional_packages("evaluate", __name__):
    from examples.own_data import people

FACTORS = (0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 3.0, 9.0)
"""Sides of the part cut out, in sides of the face, as far as the picture reaches."""

SIDE = 3000
"""Pixels of a portrait's longer side."""

LONG_SIDES = (None, 640)
THRESHOLD = 0.5

FOUND_OVERLAP = 0.5
"""IoU from which on a box is the face."""


def portraits() -> Iterator[tuple[str, Image, np.ndarray]]:
    """Name of each, picture, and its face: x_min, y_min, x_max, y_max, as far as it is in it."""
    for person, (image, box) in enumerate(people()):
        for factor in FACTORS:
            corners = np.reshape(box, (2, 2))
            middle, half = corners.mean(axis=0), np.ptp(corners, axis=0) * factor / 2
            sides = image.shape[1::-1]
            (x_min, y_min), (x_max, y_max) = (
                np.clip(corner, 0, sides).astype(int) for corner in (middle - half, middle + half)
            )
            scale = SIDE / max(x_max - x_min, y_max - y_min)
            part = image[y_min:y_max, x_min:x_max]
            large = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
            face = (np.array(box) - [x_min, y_min, x_min, y_min]) * scale
            yield f"{person}-{factor}", large, np.clip(face, 0, np.tile(large.shape[1::-1], 2))


def is_face(boxes: np.ndarray, face: np.ndarray) -> np.ndarray:
    """Which of boxes `(n, 4)`, the surest first, is the face: `(n,)`, true once at most."""
    found = overlaps(boxes, face[None], np.zeros(1, bool))[:, 0] >= FOUND_OVERLAP
    return found & (np.cumsum(found) == 1)


def run(options: argparse.Namespace) -> None:
    """Prints a line for every detector."""
    print(f"of {len(list(portraits())) * len(LONG_SIDES)} searches, scores from {THRESHOLD} on")
    for model in options.models:
        detector = open_detector(model, options.peers, precision=options.precision)
        missed = other = 0
        for name, image, face in portraits():
            for long_side in LONG_SIDES:
                found = detector.detect(image, THRESHOLD, long_side)
                right = is_face(found.boxes, face)
                missed += not right.any()
                other += int(np.sum(~right))
                if options.pictures:
                    file = f"{Path(model).name}-{name}-{long_side or 'default'}.png"
                    write_annotated(options.pictures / file, draw_detections(image, found))
        print(f"{Path(model).name:20} {missed:3} faces missed {other:3} other boxes", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    add_detector_options(parser)
    parser.add_argument("--pictures", type=Path, help="folder for portraits with their boxes")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    return run_command(_parser(), run, arguments)


if __name__ == "__main__":
    sys.exit(main())
