"""Which candidates become faces: what thresholds and limits give, and what they cost.

    python -m benchmarks.selection --model fbi-1 --records 'records/train-00007-*.tfrecord'

One row for each number of candidates, IoU threshold of the suppression and limit of faces, without
and with box voting (every face kept becomes the mean of the candidates around it, weighted by their
scores). Average precision is that of `train.validation`, on pictures that it is best not trained
on; doubles are second boxes on one face above 0.5. Milliseconds are those of a TFLite file at
640x480, the files in turn; voting, which no file does, has none.
"""

import itertools
import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tfface.command_line import CommandParser, run_command
from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    from benchmarks.tables import write_csv
    from convert.graph import DetectionGraph
    from convert.tflite import to_tflite
    from measure.conditions import processor
    from measure.contestants import picture_with_faces
    from measure.timing import WARM_UP_ROUNDS, take_turns
    from tfface.data.records import read_records
    from tfface.detectors.base import Detector
    from tfface.detectors.loading import load_detector
    from tfface.evaluation.wider import WiderFaces, evaluate_wider, overlaps
    from tfface.nms import non_max_suppression
    from tfface.predict.selection import Selection
    from tfface.rgb import Image
    from tfface.voting import vote
    from train.batches import matching_files
    from train.validation import reduce_record

SIZE = (480, 640)
LIMITS = ((1000, 400), (2000, 750))
"""Candidates and faces."""
IOU_THRESHOLDS = (0.3, 0.4, 0.5, 0.6)
CONFIDENT = 0.5


@dataclass(frozen=True)
class Candidates:
    """The candidates of one picture, surest first, and its faces."""

    boxes: np.ndarray
    scores: np.ndarray
    faces: WiderFaces


def candidates_of(detector: Detector, files: list[str], side: int) -> Iterator[Candidates]:
    """What the detector sees in every picture, reduced to a long side."""
    most = max(count for count, _ in LIMITS)
    for record in read_records(files):
        image, faces = reduce_record(record, side)
        outputs = detector(image[None], training=False)
        logits, boxes = (
            np.asarray(values)[0] for values in detector.candidates(outputs, side, side, most)
        )
        scores = 1 / (1 + np.exp(-logits))
        likely = scores > Selection().score_threshold
        yield Candidates(boxes[likely], scores[likely], faces)


def select(of_picture: Candidates, selection: Selection, voting: bool) -> np.ndarray:
    """Boxes and scores `(n, 5)`."""
    boxes = of_picture.boxes[: selection.candidates]
    scores = of_picture.scores[: selection.candidates]
    kept = non_max_suppression(boxes, scores, selection.iou_threshold, selection.max_detections)
    faces = vote(boxes, scores, kept) if voting and len(kept) else boxes[kept]
    return np.column_stack([faces, scores[kept]])


def count_doubles(found: np.ndarray, faces: WiderFaces) -> int:
    """Boxes above 0.5 that lie on a face which a surer box has found."""
    sure = found[found[:, 4] >= CONFIDENT]
    if not len(sure) or not len(faces.boxes):
        return 0
    overlap = overlaps(sure[:, :4], faces.boxes)
    on_face = overlap.max(axis=1) >= 0.5
    return int(on_face.sum() - len(np.unique(overlap.argmax(axis=1)[on_face])))


def accuracy(pictures: list[Candidates], selection: Selection, voting: bool) -> dict[str, Any]:
    """Average precision by setting, in percent, and doubles."""
    found = [select(of_picture, selection, voting) for of_picture in pictures]
    curves = evaluate_wider(
        {str(index): boxes for index, boxes in enumerate(found)},
        {str(index): of_picture.faces for index, of_picture in enumerate(pictures)},
    )
    doubles = sum(
        count_doubles(boxes, of_picture.faces)
        for boxes, of_picture in zip(found, pictures, strict=True)
    )
    return {
        **{name: f"{100 * curve.average_precision:.2f}" for name, curve in curves.items()},
        "doubles": doubles,
    }


def milliseconds(detector: Detector, selections: list[Selection], rounds: int) -> list[float]:
    """Medians of a file for each selection; one thread."""
    image = picture_with_faces(SIZE)
    calls = [
        partial(prepared(to_tflite(DetectionGraph(detector, selection, SIZE, 1)), image).invoke)
        for selection in selections
    ]
    return [float(np.median(times)) for times in take_turns(calls, rounds, WARM_UP_ROUNDS)]


def prepared(content: bytes, image: Image) -> Interpreter:
    """An interpreter that has `image` as its input; one thread."""
    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[None])
    return interpreter


def main() -> int:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="fbi-1", help="preset, .keras file or run")
    parser.add_argument("--records", nargs="+", required=True, help="TFRecord files; globs allowed")
    parser.add_argument("--long_side", type=int, default=640, help="multiple of 32")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--csv", type=Path)
    return run_command(parser, run)


def run(options: Namespace) -> None:
    """Measures all selections, and prints and writes the table."""
    files = matching_files(options.records)
    detector = load_detector(options.model)
    selections = [
        Selection(iou_threshold=threshold, candidates=candidates, max_detections=faces)
        for (candidates, faces), threshold in itertools.product(LIMITS, IOU_THRESHOLDS)
    ]
    times = milliseconds(detector, selections, options.rounds)
    pictures = list(candidates_of(detector, files, options.long_side))
    rows = [
        {
            "candidates": selection.candidates,
            "faces": selection.max_detections,
            "iou_threshold": selection.iou_threshold,
            "voting": voting,
            **accuracy(pictures, selection, voting),
            "ms": "" if voting else f"{time:.2f}",
        }
        for selection, time in zip(selections, times, strict=True)
        for voting in (False, True)
    ]
    for row in ({name: name for name in rows[0]}, *rows):
        print("  ".join(f"{value!s:>13}" for value in row.values()))
    if options.csv:
        comment = (
            f"{options.model}, {len(pictures)} pictures at {options.long_side}; 640x480, one "
            f"thread, {options.rounds} rounds, {processor()}"
        )
        write_csv(options.csv, rows, comment)


if __name__ == "__main__":
    sys.exit(main())
