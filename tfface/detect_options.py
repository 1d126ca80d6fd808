"""The options of `python -m tfface.detect`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from tfface.command_line import CommandParser
from tfface.command_options import add_pixel_option, add_precision_option, between, strategy_text
from tfface.packaged import DEFAULT_PRESET
from tfface.predict.litert import MAX_THREADS
from tfface.predict.placement import LARGEST_SIDE, LONG_SIDE
from tfface.predict.strategy import FORMS
from tfface.video import camera

SEARCH = ("threshold", "long_side")
"""Options that stand in the results beside the detector."""

LOOKS = ("strategy", "rotations", "min_face", "max_faces")
"""And those that do where they are given."""

COPIES = ("output", "show_masks", "blur", "pixelate", "crops", "crop_margin", "yolo")
"""Options that decide what else is written of a picture."""

LARGEST_BATCH = 256


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Reads the command line; what makes no sense ends the process with status 2."""
    parser = CommandParser(
        prog="python -m tfface.detect",
        description="Finds the faces in picture files and folders.",
        epilog="Exit status: 0, all well; 1, pictures failed and are named; 2, nothing could be "
        "done; 130, interrupted: what was found until then is written.",
    )
    _add_sources(parser)
    _add_outputs(parser)
    _add_search(parser)
    _add_means(parser)
    options = parser.parse_args(arguments)
    if not options.pictures and not options.camera:
        parser.error("expected a PICTURE, or a --camera, got neither")
    if options.show_masks and not options.output:
        parser.error("expected --output, where pictures with masks are written, for --show_masks")
    if (options.blur or options.pixelate) and not options.output:
        parser.error("expected --output, where pictures with hidden faces are written")
    return options


def _add_sources(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "pictures",
        nargs="*",
        type=Path,
        metavar="PICTURE",
        help="picture or video file, folder of pictures, pattern such as '**/*.jpg', or -: "
        "standard input, with the bytes of a picture or a path a line",
    )
    parser.add_argument(
        "--camera",
        type=camera,
        action="append",
        default=[],
        metavar="NUMBER|ADDRESS",
        help="what a camera sees, 0 the first, or a stream such as rtsp://..., until it ends or "
        "Ctrl-C does",
    )
    add_pixel_option(parser)


def _add_outputs(parser: argparse.ArgumentParser) -> None:
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
    for name, what in (("jsonl", "a line of JSON a picture or frame"), ("csv", "a row a face")):
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


def _add_search(parser: argparse.ArgumentParser) -> None:
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
        f"size (default: reduce those above {LONG_SIDE} to that, leave others as they are, and "
        "look twice where a face may fill the picture)",
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


def _add_means(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", default=DEFAULT_PRESET, help="preset, or path of a model (default: %(default)s)"
    )
    add_precision_option(parser)
    parser.add_argument(
        "--threads",
        type=between(1, MAX_THREADS, int),
        default=1,
        help="processor threads that a picture may use (default: %(default)s)",
    )
    parser.add_argument(
        "--batch_size",
        type=between(1, LARGEST_BATCH, int),
        default=1,
        metavar="N",
        help="search N pictures at a time, each with --threads of its own and a copy of the model; "
        "results keep their order (default: %(default)s)",
    )
    parser.add_argument(
        "--isolated",
        action="store_true",
        help="run the model in a process of its own: one that crashes costs a picture, not the run",
    )
