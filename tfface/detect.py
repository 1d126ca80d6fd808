"""Finds the faces in picture files and folders.

python -m tfface.detect family.jpg holidays/ --output annotated --json faces.json
python -m tfface.detect film.mp4 --output hidden --blur
find . -name '*.jpg' | python -m tfface.detect - --csv faces.csv --crops faces
"""

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import tfface
from tfface.annotated import annotated_paths, is_annotated, write_annotated
from tfface.anonymising import blur_faces, crop_faces, pixelate_faces
from tfface.command_line import (
    INTERRUPTED,
    CommandParser,
    add_pixel_option,
    between,
    strategy_text,
    terminated_like_interrupted,
)
from tfface.detections import Detections
from tfface.drawing import draw_detections, draw_masks
from tfface.exports import EXPORTS, yolo_text
from tfface.files import STANDARD_OUTPUT, atomic_path, check_folder, is_stream, open_output
from tfface.image import Image, decode_picture, read_picture
from tfface.journal import Journal
from tfface.named_pictures import READ_FROM_STANDARD_INPUT, expand, is_video
from tfface.packaged import PRECISIONS
from tfface.picture_files import find_pictures
from tfface.predict.face_detector import FaceDetector
from tfface.predict.litert import MAX_THREADS
from tfface.predict.placement import LARGEST_SIDE, LONG_SIDE
from tfface.predict.strategy import FORMS, OneSize, Strategy, Turned, parse_strategy
from tfface.presets import PRESETS
from tfface.reasons import message_of, printable, reason_of
from tfface.results import JsonReport
from tfface.video import open_video, write_video

_SEARCH = ("threshold", "long_side")
"""Options that stand in the results beside the detector."""

_LOOKS = ("strategy", "rotations", "min_face", "max_faces")
"""And those that do where they are given."""

_COPIES = ("output", "show_masks", "blur", "pixelate", "crops", "crop_margin", "yolo")
"""Options that decide what else is written of a picture."""


class Places(NamedTuple):
    """Where the copies of a picture go; None for what is not asked for.

    Of crops, `NAME.png` stands for `NAME-1.png`, `NAME-2.png`, ...
    """

    annotated: Path | None = None
    crops: Path | None = None
    yolo: Path | None = None


def _places(pictures: Sequence[Path], options: argparse.Namespace) -> list[Places]:
    """Of every picture."""
    none: list[Path | None] = [None] * len(pictures)
    annotated, crops, yolo = (
        annotated_paths(pictures, folder) if folder else none
        for folder in (options.output, options.crops, options.yolo)
    )
    labels = [path.with_suffix(".txt") if path else None for path in yolo]
    return list(map(Places, annotated, crops, labels))


def detect_file(
    detector: FaceDetector, picture: Path, places: Places, options: argparse.Namespace
) -> dict[str, object]:
    """The result for one picture file, ready for JSON; writes what else is asked for of it."""
    if picture == READ_FROM_STANDARD_INPUT and options.content is not None:
        image, notes = decode_picture(options.content, options.max_pixels)
    elif is_video(picture):
        return detect_film(detector, picture, places, options)
    else:
        image, notes = read_picture(picture, options.max_pixels)
    detections = _detect(detector, image, options)
    height, width = image.shape[:2]
    result: dict[str, object] = {"file": str(picture), "width": width, "height": height}
    result["faces"] = detections.to_json()
    if places.annotated is not None:
        canvas = image
        if options.show_masks:
            canvas = draw_masks(image, detector.masks(image, options.long_side))
        write_annotated(places.annotated, _rendered(canvas, detections, options))
        result["annotated"] = str(places.annotated)
    if places.crops is not None:
        faces = crop_faces(image, detections.boxes, options.crop_margin)
        for number, face in enumerate(faces, start=1):
            write_annotated(places.crops.with_name(f"{places.crops.stem}-{number}.png"), face)
    if places.yolo is not None:
        with atomic_path(places.yolo) as temporary:
            temporary.write_text(yolo_text(result), encoding="utf-8")
    if notes:
        result["notes"] = notes
    return result


def detect_film(
    detector: FaceDetector, path: Path, places: Places, options: argparse.Namespace
) -> dict[str, object]:
    """The result for a video, `frames` instead of `faces`; writes its annotated copy as MP4.

    Raises:
        ValueError: it has no frames, or crops or YOLO text of it are asked for.
    """
    if places.crops or places.yolo:
        raise ValueError("expected a picture for --crops and --yolo, got a video")
    frames: list[dict[str, object]] = []
    size: tuple[int, int] | None = None
    with ExitStack() as stack:
        video = stack.enter_context(open_video(path))
        writer = None
        if places.annotated is not None:
            target = places.annotated.with_suffix(".mp4")
            if os.path.realpath(target) == os.path.realpath(path):
                target = target.with_stem(f"{target.stem}-faces")
            writer = stack.enter_context(write_video(target, video.rate))
        for number, image in enumerate(video.frames()):
            detections = _detect(detector, image, options)
            frames.append({"frame": number, "faces": detections.to_json()})
            size = image.shape[0], image.shape[1]
            if writer:
                writer.write(_rendered(image, detections, options))
        if size is None:
            raise ValueError("expected a video with frames, got none that OpenCV decodes")
    result: dict[str, object] = {"file": str(path), "width": size[1], "height": size[0]}
    result |= {"frames_per_second": video.rate, "frames": frames}
    return result | ({"annotated": str(target)} if writer else {})


def _detect(detector: FaceDetector, image: Image, options: argparse.Namespace) -> Detections:
    strategy = _strategy(options)
    return detector.detect(
        image,
        options.threshold,
        None if strategy else options.long_side,
        strategy,
        min_face=options.min_face,
        max_faces=options.max_faces,
    )


def _rendered(image: Image, detections: Detections, options: argparse.Namespace) -> Image:
    """The picture that `--output` gets."""
    if options.blur:
        return blur_faces(image, detections.boxes)
    if options.pixelate:
        return pixelate_faces(image, detections.boxes)
    return draw_detections(image, detections)


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
    begin, searched = time.monotonic(), 0
    every = zip(pictures, _places(pictures, options), strict=True)
    for number, (picture, places) in enumerate(every, start=1):
        known = journal.result(picture)
        if known is not None and (places.annotated is None or _is_there(known)):
            report.write(known)
            continue
        try:
            result = detect_file(detector, picture, places, options)
        except Exception as error:  # whatever it is, it must not cost the other pictures
            result = _failure(picture, reason_of(error))
        report.write(result)
        if "error" not in result:
            journal.write(picture, result)
        searched += 1
        pace = _pace(searched, len(pictures) - number, time.monotonic() - begin)
        summary = printable(_summary(result))
        print(f"[{number}/{len(pictures)}]", f"{summary} ({pace})", file=sys.stderr)


def _is_there(known: Mapping[str, Any]) -> bool:
    annotated = Path(known.get("annotated", ""))
    return is_annotated(annotated) or (annotated.suffix == ".mp4" and annotated.is_file())


def _pace(searched: int, left: int, seconds: float) -> str:
    """How fast it goes, and how long it will take."""
    rate = searched / max(seconds, 1e-6)
    return f"{rate:.3g}/s" + (f", {timedelta(seconds=round(left / rate))} left" if left else "")


def _failure(path: Path, reason: str) -> dict[str, object]:
    named = reason if reason.startswith(f"{path}:") else f"{path}: {reason}"
    return {"file": str(path), "error": named}


def _summary(result: Mapping[str, Any]) -> str:
    if "error" in result:
        return f"failed: {result['error']}"
    notes = "".join(f"; {note}" for note in result.get("notes", ()))
    if "frames" in result:
        faces = sum(len(frame["faces"]) for frame in result["frames"])
        return f"{result['file']}: frames: {len(result['frames'])}, faces in them: {faces}"
    return f"{result['file']}: faces: {len(result['faces'])}{notes}"


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="python -m tfface.detect",
        description="Finds the faces in picture files and folders.",
        epilog="Exit status: 0, all well; 1, pictures failed and are named; 2, nothing could be "
        "done; 130, interrupted: what was found until then is written.",
    )
    parser.add_argument(
        "pictures",
        nargs="+",
        type=Path,
        metavar="PICTURE",
        help="picture or video file, folder of pictures, pattern such as '**/*.jpg', or -: "
        "standard input, with the bytes of a picture or a path a line",
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="write annotated pictures there, as PNG"
    )
    hiding = parser.add_mutually_exclusive_group()
    for name, what in (("blur", "blurred"), ("pixelate", "in large blocks")):
        hiding.add_argument(
            f"--{name}",
            action="store_true",
            help=f"have no frames in --output, but every face {what}",
        )
    parser.add_argument("--crops", type=Path, metavar="DIR", help="write every face there, as PNG")
    parser.add_argument(
        "--crop_margin",
        type=between(0, 10),
        default=0.2,
        metavar="SHARE",
        help="of the sides of a face, around it (default: %(default)s)",
    )
    parser.add_argument(
        "--yolo", type=Path, metavar="DIR", help="write a text file in YOLO's form a picture there"
    )
    for name, what in (("jsonl", "a line of JSON a picture"), ("csv", "a row a face")):
        parser.add_argument(f"--{name}", type=Path, metavar="FILE", help=f"write {what} there")
    parser.add_argument("--coco", type=Path, metavar="FILE", help="write COCO JSON there")
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
        "--min_face",
        type=between(0, LARGEST_SIDE),
        default=0,
        metavar="PIXELS",
        help="leave out faces that are less high in the picture (default: none)",
    )
    parser.add_argument(
        "--max_faces",
        type=between(1, 1 << 20, int),
        metavar="N",
        help="of every picture keep the N surest faces (default: all)",
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
    add_pixel_option(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.show_masks and not options.output:
        parser.error("expected --output, where pictures with masks are written, for --show_masks")
    if (options.blur or options.pixelate) and not options.output:
        parser.error("expected --output, where pictures with hidden faces are written")
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
    paths, options.content = expand(options.pictures)
    found = find_pictures(paths)
    passed = "; ".join(found.passed_over())
    if not found.pictures:
        places = ", ".join(map(str, options.pictures))
        raise ValueError(f"found no pictures in {places}" + (f": {passed}" if passed else ""))
    if passed:
        print(printable(passed), file=sys.stderr)
    others = {name: getattr(options, name) for name in EXPORTS if getattr(options, name)}
    folders = [each for each in (options.output, options.crops, options.yolo) if each]
    json_path = options.json or (os.devnull if folders or others else STANDARD_OUTPUT)
    pictures = {os.path.realpath(picture) for picture in found.pictures}
    for name, path in {"json": json_path, **others}.items():
        if os.path.realpath(path) in pictures:
            raise ValueError(f"expected a file for --{name}, got the picture {path}")
    for folder in folders:
        check_folder(folder)
    with ExitStack() as stack:
        file = stack.enter_context(open_output(json_path))
        detector = FaceDetector.from_preset(
            options.model, options.threads, options.precision, options.isolated
        )
        named = ["model", *(["precision"] if options.model in PRESETS else []), *_SEARCH]
        named += [name for name in _LOOKS if getattr(options, name)]
        settings = {name: getattr(options, name) for name in named}
        exports = [
            EXPORTS[name](stack.enter_context(open_output(path))) for name, path in others.items()
        ]
        report = JsonReport(file, settings, exports)
        files = [Path(path) for path in (json_path, *others.values()) if not is_stream(path)]
        journal = stack.enter_context(_journal(files[0] if files else None, options))
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


def _journal(output: Path | None, options: argparse.Namespace) -> Journal:
    """What an earlier run of the same command, which was ended, has found; none for a stream."""
    names = ("model", "precision", *_SEARCH, *_LOOKS, *_COPIES, "max_pixels")
    settings: dict[str, object] = {name: getattr(options, name) for name in names}
    settings |= {"version": tfface.__version__, "model_file": _stamp_of(options.model)}
    path = output.with_name(f".{output.name}.journal") if output else None
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
