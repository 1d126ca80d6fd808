"""Finds the faces in picture files and folders.

python -m tfface.detect family.jpg holidays/ --output annotated --json faces.json
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import tfface
from tfface.annotated import annotated_paths, is_annotated, write_annotated
from tfface.command_line import (
    INTERRUPTED,
    CommandParser,
    between,
    strategy_text,
    terminated_like_interrupted,
)
from tfface.drawing import draw_detections, draw_masks
from tfface.files import STANDARD_OUTPUT, check_folder, is_stream, open_output
from tfface.image import MAX_PIXELS, read_picture
from tfface.journal import Journal
from tfface.packaged import PRECISIONS
from tfface.picture_files import find_pictures
from tfface.predict.face_detector import FaceDetector
from tfface.predict.litert import MAX_THREADS
from tfface.predict.placement import LARGEST_SIDE, LONG_SIDE
from tfface.predict.strategy import FORMS, OneSize, Strategy, Turned, parse_strategy
from tfface.presets import PRESETS
from tfface.reasons import message_of, printable, reason_of
from tfface.results import JsonReport

_SEARCH = ("threshold", "long_side")
"""Options that stand in the results beside the detector."""

_LOOKS = ("strategy", "rotations")
"""And those that do where they are given."""


def detect_file(
    detector: FaceDetector, picture: Path, annotated: Path | None, options: argparse.Namespace
) -> dict[str, object]:
    """The result for one picture file, ready for JSON; writes its annotated copy."""
    image, notes = read_picture(picture, options.max_pixels)
    strategy = _strategy(options)
    long_side = None if strategy else options.long_side
    detections = detector.detect(image, options.threshold, long_side, strategy)
    height, width = image.shape[:2]
    result: dict[str, object] = {"file": str(picture), "width": width, "height": height}
    result["faces"] = detections.to_json()
    if annotated is not None:
        canvas = image
        if options.show_masks:
            canvas = draw_masks(image, detector.masks(image, options.long_side))
        write_annotated(annotated, draw_detections(canvas, detections))
        result["annotated"] = str(annotated)
    if notes:
        result["notes"] = notes
    return result


def _strategy(options: argparse.Namespace) -> Strategy | None:
    """How the options say to search; None for one size, which `--long_side` chooses."""
    if not options.rotations:
        return parse_strategy(options.strategy) if options.strategy else None
    if options.strategy:
        return Turned(parse_strategy(options.strategy))
    return Turned(OneSize(lambda picture: options.long_side))


def detect_files(
    detector: FaceDetector,
    pictures: Sequence[Path],
    options: argparse.Namespace,
    report: JsonReport,
    journal: Journal,
) -> None:
    """Writes the result for every picture to the report, and annotated copies to their folder.

    A picture that fails is reported with the reason, and the others are searched. What is in the
    journal already is taken from there.
    """
    annotated: Sequence[Path | None] = [None] * len(pictures)
    if options.output:
        annotated = annotated_paths(pictures, options.output)
    for number, (picture, target) in enumerate(zip(pictures, annotated, strict=True), start=1):
        known = journal.result(picture)
        if known is not None and (target is None or is_annotated(target)):
            report.write(known)
            continue
        try:
            result = detect_file(detector, picture, target, options)
        except Exception as error:  # whatever it is, it must not cost the other pictures
            result = _failure(picture, reason_of(error))
        report.write(result)
        if "error" not in result:
            journal.write(picture, result)
        print(f"[{number}/{len(pictures)}]", printable(_summary(result)), file=sys.stderr)


def _failure(path: Path, reason: str) -> dict[str, object]:
    named = reason if reason.startswith(f"{path}:") else f"{path}: {reason}"
    return {"file": str(path), "error": named}


def _summary(result: Mapping[str, Any]) -> str:
    if "error" in result:
        return f"failed: {result['error']}"
    notes = "".join(f"; {note}" for note in result.get("notes", ()))
    return f"{result['file']}: faces: {len(result['faces'])}{notes}"


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="python -m tfface.detect",
        description="Finds the faces in picture files and folders.",
        epilog="Exit status: 0, all well; 1, pictures failed and are named; 2, nothing could be "
        "done; 130, interrupted: what was found until then is written.",
    )
    parser.add_argument(
        "pictures", nargs="+", type=Path, metavar="PICTURE", help="picture file, or folder of them"
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="write annotated pictures there, as PNG"
    )
    parser.add_argument(
        "--show_masks",
        action="store_true",
        help="darken what the feature masks of the detector leave out in annotated pictures; needs "
        "--output and a Keras --model trained with --mask_levels",
    )
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help="write boxes and scores there; - prints them, as having neither --output nor --json",
    )
    parser.add_argument(
        "--model", default="yunet-n", help="preset, or path of a model (default: %(default)s)"
    )
    parser.add_argument(
        "--precision",
        default=PRECISIONS[0],
        help=f"of a preset: {', '.join(PRECISIONS)} (default: %(default)s)",
    )
    parser.add_argument(
        "--threshold",
        type=between(0, 1),
        default=0.5,
        help="lowest score, 0..1 (default: %(default)s)",
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--long_side",
        type=between(0, LARGEST_SIDE, int),
        metavar="PIXELS",
        help="scale pictures so that the longer side has this many pixels; 0: search at their own "
        f"size (default: reduce those above {LONG_SIDE} to that, leave others as they are)",
    )
    size.add_argument(
        "--strategy",
        type=strategy_text,
        help="instead: pyramid, for small and large faces in one picture and tighter boxes, "
        "some ten times as long; tiles, for small faces in huge pictures; or "
        f"{FORMS.partition(', pyramid')[0]}",
    )
    parser.add_argument(
        "--rotations",
        action="store_true",
        help="search the picture after each quarter turn too: four times as long",
    )
    parser.add_argument(
        "--threads",
        type=between(1, MAX_THREADS, int),
        default=1,
        help="processor threads (default: %(default)s)",
    )
    parser.add_argument(
        "--isolated",
        action="store_true",
        help="run the model in a process of its own: one that crashes costs a picture, not the run",
    )
    parser.add_argument(
        "--max_pixels",
        type=between(1, 1 << 40, int),
        default=MAX_PIXELS,
        metavar="PIXELS",
        help="refuse larger pictures before memory is spent on them (default: %(default)s)",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.show_masks and not options.output:
        parser.error("expected --output, where pictures with masks are written, for --show_masks")
    try:
        with terminated_like_interrupted():
            return _run(options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # who read the results has seen enough
        return 1
    except (ImportError, MemoryError, OSError, ValueError) as error:
        print(f"error: {message_of(error)}", file=sys.stderr)
        return 2


def _run(options: argparse.Namespace) -> int:
    """Searches the pictures that the options name; returns the exit status.

    Raises:
        ImportError, OSError, ValueError: nothing could be done; the message says why.
    """
    found = find_pictures(options.pictures)
    passed = "; ".join(found.passed_over())
    if not found.pictures:
        places = ", ".join(map(str, options.pictures))
        raise ValueError(f"found no pictures in {places}" + (f": {passed}" if passed else ""))
    if passed:
        print(printable(passed), file=sys.stderr)
    json_path = options.json or (os.devnull if options.output else STANDARD_OUTPUT)
    if any(os.path.realpath(picture) == os.path.realpath(json_path) for picture in found.pictures):
        raise ValueError(f"expected a file for --json, got the picture {json_path}")
    if options.output:
        check_folder(options.output)
    with ExitStack() as stack:
        file = stack.enter_context(open_output(json_path))
        detector = FaceDetector.from_preset(
            options.model, options.threads, options.precision, options.isolated
        )
        named = ["model", *(["precision"] if options.model in PRESETS else []), *_SEARCH]
        named += [name for name in _LOOKS if getattr(options, name)]
        settings = {name: getattr(options, name) for name in named}
        report = JsonReport(file, settings)
        journal = stack.enter_context(_journal(Path(json_path), options))
        for folder, reason in found.unlisted.items():
            report.write(_failure(folder, reason))
        status = INTERRUPTED
        try:
            detect_files(detector, found.pictures, options, report, journal)
            status = 1 if report.failed else 0
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
        tried = report.tried - len(found.unlisted)
        report.close(found.skipped, [str(picture) for picture in found.pictures[tried:]])
    if status != INTERRUPTED:
        journal.remove()
    return status


def _journal(json_path: Path, options: argparse.Namespace) -> Journal:
    """What an earlier run of the same command, which was ended, has found; none for a stream."""
    names = ("model", "precision", *_SEARCH, *_LOOKS, "max_pixels", "output", "show_masks")
    settings: dict[str, object] = {name: getattr(options, name) for name in names}
    settings |= {"version": tfface.__version__, "model_file": _stamp_of(options.model)}
    path = None if is_stream(json_path) else json_path.with_name(f".{json_path.name}.journal")
    return Journal(path, settings)


def _stamp_of(model: str) -> list[int]:
    """Size and time of the file of a model; a preset has the version."""
    try:
        status = os.stat(model)
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns]


if __name__ == "__main__":
    sys.exit(main())
