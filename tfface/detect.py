"""Finds the faces in picture files and folders.

python -m tfface.detect family.jpg holidays/ --output annotated --json faces.json
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2

from tfface.drawing import draw_detections
from tfface.files import atomic_path
from tfface.image import Image, ImageReadError, read_image
from tfface.predict.face_detector import FaceDetector
from tfface.predict.placement import LONG_SIDE

PICTURE_SUFFIXES = frozenset(
    (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
)
"""Files that are looked at in folders; files named themselves may have any suffix."""


def find_pictures(named: Sequence[Path], output: Path | None) -> list[Path]:
    """The files to look at: those named, and all pictures below the folders named, each once.

    Pictures below `output` are left out where a folder that contains it is searched: they are
    results of an earlier run. Hidden files are left out, too.
    """
    results = output.resolve() if output else None
    pictures: dict[Path, Path] = {}
    for path in named:
        found = [path]
        if path.is_dir():
            found = [
                file
                for file in sorted(path.rglob("*"))
                if file.suffix.lower() in PICTURE_SUFFIXES
                and not file.name.startswith(".")
                and (results == path.resolve() or results not in file.resolve().parents)
                and file.is_file()
            ]
        for file in found:
            pictures.setdefault(file.resolve(), file)
    return list(pictures.values())


def annotated_paths(pictures: Sequence[Path], output: Path) -> list[Path]:
    """A PNG path in `output` for each picture: its stem, with -2, -3, ... where that is taken.

    No two pictures share a path, also where the file system ignores case, and none is the path of
    a picture itself.
    """
    taken = {str(picture.resolve()).lower() for picture in pictures}
    paths = []
    for picture in pictures:
        path, number = output / f"{picture.stem}.png", 1
        while str(path.resolve()).lower() in taken:
            number += 1
            path = output / f"{picture.stem}-{number}.png"
        taken.add(str(path.resolve()).lower())
        paths.append(path)
    return paths


def write_png(path: Path, image: Image) -> None:
    """Writes an RGB picture."""
    _, encoded = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    with atomic_path(path) as temporary:
        temporary.write_bytes(encoded.tobytes())


def detect_files(
    detector: FaceDetector, pictures: Sequence[Path], options: argparse.Namespace
) -> dict[str, object]:
    """Runs the detector on every picture, writes the annotated ones, and returns the report."""
    annotated: Sequence[Path | None] = [None] * len(pictures)
    if options.output:
        annotated = annotated_paths(pictures, options.output)
    results: list[dict[str, object]] = []
    unreadable: list[dict[str, str]] = []
    for number, (picture, target) in enumerate(zip(pictures, annotated, strict=True), start=1):
        progress = f"[{number}/{len(pictures)}]"
        try:
            image = read_image(picture)
        except ImageReadError as error:
            print(progress, f"skipped: {error}", file=sys.stderr)
            unreadable.append({"file": str(picture), "error": str(error)})
            continue
        detections = detector.detect(image, options.threshold, options.long_side)
        height, width = image.shape[:2]
        result = {
            "file": str(picture),
            "width": width,
            "height": height,
            "faces": detections.to_json(),
        }
        if target is not None:
            write_png(target, draw_detections(image, detections))
            result["annotated"] = str(target)
        results.append(result)
        print(progress, f"{picture}: faces: {len(detections)}", file=sys.stderr)
    return {
        "model": options.model,
        "threshold": options.threshold,
        "long_side": options.long_side,
        "pictures": results,
        "unreadable": unreadable,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tfface.detect",
        description="Finds the faces in picture files and folders.",
        epilog="Exit status: 0, all well; 1, pictures could not be read; 2, nothing could be done.",
    )
    parser.add_argument(
        "pictures", nargs="+", type=Path, metavar="PICTURE", help="picture file, or folder of them"
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="write annotated pictures there, as PNG"
    )
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help="write boxes and scores there; without --output and --json they are printed",
    )
    parser.add_argument(
        "--model", default="fbi-1", help="preset, or path of a model (default: %(default)s)"
    )
    parser.add_argument(
        "--threshold", type=float, default=0.5, help="lowest score, 0..1 (default: %(default)s)"
    )
    parser.add_argument(
        "--long_side",
        type=int,
        metavar="PIXELS",
        help="scale pictures so that the longer side has this many pixels; 0: search at their own "
        f"size (default: reduce those above {LONG_SIDE} to that, leave others as they are)",
    )
    parser.add_argument(
        "--threads", type=int, default=1, help="processor threads (default: %(default)s)"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not 0 <= options.threshold <= 1:
        parser.error(f"expected a --threshold in 0..1, got {options.threshold}")
    if options.long_side is not None and options.long_side < 0:
        parser.error(f"expected a --long_side of 0 or more, got {options.long_side}")
    if options.output and options.output.exists() and not options.output.is_dir():
        parser.error(f"expected a folder for --output, got the file {options.output}")
    pictures = find_pictures(options.pictures, options.output)
    if not pictures:
        parser.error(f"found no pictures in {', '.join(map(str, options.pictures))}")
    try:
        detector = FaceDetector.from_preset(options.model, options.threads)
        report = detect_files(detector, pictures, options)
    except (FileNotFoundError, ImportError, ValueError) as error:
        parser.error(str(error))
    text = json.dumps(report, indent=2)
    if options.json:
        with atomic_path(options.json) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
    elif not options.output:
        print(text)
    return 1 if report["unreadable"] else 0


if __name__ == "__main__":
    sys.exit(main())
