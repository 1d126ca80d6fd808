"""What someone gets at the default threshold: recall and precision by size of the face.

    python -m benchmarks.operating_point fbi-1 yunet_n --data DIR --peers DIR --long_side 640 0

on the pictures of WIDER FACE validation that are present. A face is found by the first box that
overlaps it by half; a box is false where it overlaps no face so, also none that the protocol
leaves out. Sizes are longer sides in pixels of the picture.
"""

import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.detector_options import add_detector_options
from measure.peers import open_detector
from tfface.command_line import CommandParser, run_command
from tfface.evaluation.runner import detect_pictures
from tfface.evaluation.wider import WiderFaces, match, overlaps
from tfface.evaluation.wider_files import open_wider

SIZES = (0, 16, 32, 64, 128, 256, np.inf)
"""Edges of the classes of size, pixels."""


NAMES = {None: "default", 0: "own"}
"""Of long sides that are no number of pixels."""


@dataclass(frozen=True)
class Counts:
    """Of every class of size: faces to be found, those found, boxes that count, false ones."""

    faces: np.ndarray
    found: np.ndarray
    boxes: np.ndarray
    false: np.ndarray


def _longer(boxes: np.ndarray) -> np.ndarray:
    return np.max(boxes[:, 2:4] - boxes[:, :2], axis=1, initial=0.0)


def _by_size(boxes: np.ndarray) -> np.ndarray:
    return np.histogram(_longer(boxes), SIZES)[0]


def judge(predictions: Mapping[str, np.ndarray], ground_truth: Mapping[str, WiderFaces]) -> Counts:
    """Counts over all pictures; the faces to be found are those of the setting "hard"."""
    total = np.zeros((4, len(SIZES) - 1), int)
    for name, faces in ground_truth.items():
        rows = predictions[name]
        rows = rows[np.argsort(-rows[:, 4], kind="stable")]
        counted = faces.counted["hard"]
        proposals, found = np.ones(len(rows), bool), np.zeros(len(rows), bool)
        hit = np.zeros(0, int)
        if len(rows) and len(faces.boxes):
            overlap = overlaps(rows[:, :4], faces.boxes)
            proposals, found = match(overlap, counted)
            hit = overlap.argmax(axis=1)[found]
        total += [
            _by_size(faces.boxes[counted]),
            _by_size(faces.boxes[hit]),
            _by_size(rows[proposals]),
            _by_size(rows[proposals & ~found]),
        ]
    return Counts(*total)


def _long_side(text: str) -> int | None:
    return None if text == NAMES[None] else int(text)


def main() -> int:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    add_detector_options(parser)
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("TFFACE_DATA", ".")) / "widerface"
    )
    parser.add_argument("--threshold", type=float, default=0.5)
    parser.add_argument(
        "--long_side",
        type=_long_side,
        nargs="+",
        default=[640],
        help="0: own size; default: that of FaceDetector.detect, with its second look",
    )
    return run_command(parser, run)


def run(options: Namespace) -> None:
    """Prints the counts of every model at every long side."""
    wider = open_wider(options.data)
    classes = [f"{low}-{high}" for low, high in zip(SIZES, SIZES[1:], strict=False)]
    for model in options.models:
        detector = open_detector(model, options.peers, precision=options.precision)
        for long_side in options.long_side:
            detected = detect_pictures(
                detector, wider.image_root, wider.ground_truth, long_side, 1.0, options.threshold
            )
            counts = judge(detected.predictions, wider.ground_truth)
            recall = counts.found.sum() / counts.faces.sum()
            precision = 1 - counts.false.sum() / max(counts.boxes.sum(), 1)
            print(
                f"{Path(model).name}, long side {NAMES.get(long_side, long_side)}, threshold "
                f"{options.threshold:g}: recall {recall:.3f}, precision {precision:.3f}, "
                f"{1e3 * np.median(detected.seconds):.1f} ms (median)"
            )
            for row in zip(
                classes, counts.faces, counts.found, counts.boxes, counts.false, strict=True
            ):
                print("  {:>8}  faces {:5} found {:5}  boxes {:5} false {:5}".format(*row))


if __name__ == "__main__":
    sys.exit(main())
