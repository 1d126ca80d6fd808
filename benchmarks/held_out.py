"""Average precision on pictures of the training beside that on pictures held out of it.

    python -m benchmarks.held_out plain-yunet yunet-n --trained 'records/train-00000*.tfrecord' \\
        --held_out 'records/train-00007*.tfrecord'

Where the two differ by more than for a detector that was trained on both, pictures were learned by
heart, and more of them would help more than more steps. Faces count by their size, as in
`train.validation`, so that the numbers are not those of WIDER FACE.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.detector_options import add_detector_options
from measure.peers import open_detector
from tfface.command_line import CommandParser, run_command
from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import numpy as np

    from tfface.data.records import Record, read_records
    from tfface.evaluation.runner import SCORE_THRESHOLD, PictureDetector
    from tfface.evaluation.wider import evaluate_wider
    from train.batches import matching_files
    from train.validation import reduce_record

IOUS = (0.5, 0.7)


def average_precisions(
    detector: PictureDetector, records: Iterable[Record], side: int
) -> dict[float, list[float]]:
    """Easy, medium and hard in percent at every IoU, in pictures with the long side `side`."""
    predictions, faces = {}, {}
    for number, record in enumerate(records):
        image, faces[str(number)] = reduce_record(record, side)
        found = detector.detect(image, SCORE_THRESHOLD, side)
        predictions[str(number)] = np.column_stack([found.boxes, found.scores])
    return {
        iou: [
            100 * curve.average_precision
            for curve in evaluate_wider(predictions, faces, iou).values()
        ]
        for iou in IOUS
    }


def run(options: argparse.Namespace) -> None:
    """Prints two lines for every detector, its pictures and those held out."""
    sets = {
        name: list(read_records(matching_files([pattern])))
        for name, pattern in (("trained", options.trained), ("held out", options.held_out))
    }
    for model in options.models:
        detector = open_detector(model, options.peers, precision=options.precision)
        for name, records in sets.items():
            found = average_precisions(detector, records, options.long_side)
            columns = (
                f"IoU {iou}: " + " / ".join(f"{value:.1f}" for value in values)
                for iou, values in found.items()
            )
            heading = f"{Path(model).name:20} {name:8} {len(records):5} pictures"
            print("   ".join([heading, *columns]), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    add_detector_options(parser)
    parser.add_argument("--trained", required=True, help="records of the training; a glob")
    parser.add_argument("--held_out", required=True, help="records held out; a glob")
    parser.add_argument("--long_side", type=int, default=640, help="test size, in pixels")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    return run_command(_parser(), run, arguments)


if __name__ == "__main__":
    sys.exit(main())
