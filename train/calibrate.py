"""Gives the scores of a detector a meaning: of the boxes from 0.5 on, 90 in 100 are faces.

    python -m train.calibrate runs/fbi-1/final.keras --records='records/held-out-*.tfrecord' \\
        --precision=0.9 --output=fbi-1.keras

Training leaves the scores where the sampling of negatives puts them. Here the detector searches
pictures with known faces, best such that it was not trained on. The score from which on so many of
its boxes overlap a face by half becomes 0.5, and 0.02, the lowest that evaluations use, stays: a
scale and a shift of the logits, which go into the weights of the heads, so that every runtime has
them. The order of the boxes stays, and with it the average precision.

A detector that gives much background 0.02 and a little more has many boxes to suppress: with
`--lowest=0.05` that becomes 0.02, and what is lower is looked at no more.
"""

import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from pathlib import Path

from tfface.command_line import CommandParser, run_command
from tfface.command_options import between
from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import numpy as np

    from tfface.data.records import Record, decode_picture, read_records
    from tfface.detectors.base import Detector
    from tfface.evaluation.wider import match, overlaps
    from tfface.predict.face_detector import FaceDetector
    from tfface.predict.placement import LARGEST_SIDE

LOWEST_SCORE = 0.02
"""Boxes below it are not looked at."""


def judged_boxes(
    detector: FaceDetector, records: Iterable[Record], long_side: int
) -> tuple[np.ndarray, np.ndarray]:
    """All boxes in pictures that count: their logits `(n,)`, and whether each is a face, `(n,)`.

    Boxes on ignored faces, and on faces smaller than 8 pixels at `long_side`, do not count.
    """
    logits, right = [np.zeros(0)], [np.zeros(0, bool)]
    for record in records:
        image = decode_picture(record)
        found = detector.detect(image, LOWEST_SCORE, long_side)
        proposals, hits = np.ones(len(found), bool), np.zeros(len(found), bool)
        if len(found) and len(record.boxes):
            longer = np.max(record.boxes[:, 2:] - record.boxes[:, :2], axis=1)
            counted = ~record.ignored & (longer * long_side / max(image.shape[:2]) >= 8)
            proposals, hits = match(overlaps(found.boxes, record.boxes), counted)
        scores = np.clip(found.scores[proposals].astype(float), 1e-6, 1 - 1e-6)
        logits.append(np.log(scores / (1 - scores)))
        right.append(hits[proposals])
    return np.concatenate(logits), np.concatenate(right)


def logit_of_precision(logits: np.ndarray, right: np.ndarray, precision: float) -> float:
    """The lowest logit from which on the boxes have that precision.

    Args:
        logits: `(n,)`; right: bool `(n,)`.
        precision: share of boxes that are right, in 0..1.

    Raises:
        ValueError: no logit has it.
    """
    order = np.argsort(-logits, kind="stable")
    reached = np.cumsum(right[order]) / np.arange(1, len(order) + 1) >= precision
    # Boxes of one logit come together.
    reached[:-1] &= logits[order][1:] < logits[order][:-1]
    if not reached.any():
        raise ValueError(f"expected a precision of {precision} somewhere, got less at every score")
    return float(logits[order][np.flatnonzero(reached)[-1]])


def calibrate_heads(detector: Detector, logit: float, lowest: float = LOWEST_SCORE) -> None:
    """Makes 0.5 of the score of this logit, and `LOWEST_SCORE` of `lowest`.

    Raises:
        ValueError: the logit is that of `lowest`, or below it.
    """
    lowest_logit, target = (np.log(score / (1 - score)) for score in (lowest, LOWEST_SCORE))
    if logit <= lowest_logit:
        raise ValueError(f"expected a logit above {lowest_logit:.2f}, got {logit:.2f}")
    # scale (lowest_logit - logit) = target
    scale = target / (lowest_logit - logit)
    detector.rescale_scores(scale, logit)


def run(options: Namespace) -> None:
    """Calibrates as the options say.

    Raises:
        ValueError, OSError: no such detector, records or precision.
    """
    from tfface.detectors.loading import load_detector, save_detector
    from train.batches import matching_files

    detector = load_detector(options.model)
    records = read_records(matching_files(options.records))
    logits, right = judged_boxes(FaceDetector.from_model(detector), records, options.long_side)
    logit = logit_of_precision(logits, right, options.precision)
    calibrate_heads(detector, logit, options.lowest)
    save_detector(detector, options.output)
    kept = logits >= logit
    print(
        f"{options.output}: 0.5 was {1 / (1 + np.exp(-logit)):.3f}; "
        f"from there on {kept.sum()} boxes, "
        f"{right[kept].mean():.1%} of them faces, which are {right[kept].sum() / right.sum():.1%} "
        "of the faces found at any score"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    parser = CommandParser(
        prog="python -m train.calibrate", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("model", help="preset, .keras file or run")
    parser.add_argument("--records", nargs="+", required=True, help="TFRecord files; globs allowed")
    parser.add_argument(
        "--precision",
        type=between(0, 1),
        default=0.9,
        help="at the score 0.5 (default: %(default)s)",
    )
    parser.add_argument(
        "--lowest",
        type=between(LOWEST_SCORE, 0.5),
        default=LOWEST_SCORE,
        help="score that becomes 0.02 (default: %(default)s)",
    )
    parser.add_argument(
        "--long_side",
        type=between(1, LARGEST_SIDE, int),
        default=640,
        help="size of the search, pixels (default: %(default)s)",
    )
    parser.add_argument("--output", type=Path, required=True, help=".keras file to write")
    return run_command(parser, run, arguments)


if __name__ == "__main__":
    sys.exit(main())
