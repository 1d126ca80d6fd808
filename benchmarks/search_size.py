"""Milliseconds of `FaceDetector.detect` by size of the picture and of the search, scaling included.

python -m benchmarks.search_size fbi-1 --rounds 20
"""

import sys
from argparse import Namespace
from functools import partial

import numpy as np

from benchmarks.portraits import portraits
from measure.conditions import processor
from measure.contestants import picture_with_faces
from measure.timing import take_turns
from tfface.command_line import CommandParser, run_command
from tfface.packaged import PRECISIONS
from tfface.predict.face_detector import FaceDetector
from tfface.predict.placement import LONG_SIDE

SIZES = ((480, 640), (720, 1280), (3000, 4000))
"""Heights and widths: a camera's, a film's, a photograph's."""

LONG_SIDES = {"640": 640, f"{LONG_SIDE}": LONG_SIDE, "default": None, "own size": 0}


def main() -> int:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("models", nargs="+", help="presets, or files of detectors")
    parser.add_argument("--precision", default=PRECISIONS[0], help="of presets")
    parser.add_argument("--rounds", type=int, default=20)
    return run_command(parser, run)


def run(options: Namespace) -> None:
    """Prints a line a model and size."""
    print(f"one thread, {options.rounds} rounds, {processor()}")
    images = [picture_with_faces(size) for size in SIZES]
    images.append(next(image for _, image, _ in portraits()))  # the default looks at it twice
    for model in options.models:
        for image in images:
            height, width = image.shape[:2]
            calls = [
                partial(
                    FaceDetector.from_preset(model, precision=options.precision).detect,
                    image,
                    long_side=long_side,
                )
                for long_side in LONG_SIDES.values()
            ]
            medians = np.median(take_turns(calls, options.rounds, warm_up=3), axis=1)
            cells = (f"{name} {ms:.1f}" for name, ms in zip(LONG_SIDES, medians, strict=True))
            print(f"{model}, {width}x{height}: {', '.join(cells)}")


if __name__ == "__main__":
    sys.exit(main())
