"""The options of a command that say on what pictures detectors are evaluated."""

import argparse
import os
from pathlib import Path
from typing import Any

from tfface.command_options import add_pixel_option
from tfface.data.inside import LINKS_HELP, links_followed
from tfface.evaluation.benchmarks import BENCHMARKS, Benchmark
from tfface.evaluation.pictures import PictureSet


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Adds --dataset, --data, those for people's own data, --follow_links and --max_pixels."""
    parser.add_argument("--dataset", choices=list(BENCHMARKS), default="wider")
    parser.add_argument(
        "--data", type=Path, help="folder of the data set; default: its folder in $TFFACE_DATA"
    )
    parser.add_argument(
        "--list",
        type=Path,
        help="annotations of your own data: a file, of voc and yolo their folder",
    )
    parser.add_argument("--images", type=Path, help="folder of the pictures of --list")
    parser.add_argument("--follow_links", action="store_true", help=LINKS_HELP)
    add_pixel_option(parser)


def open_dataset(benchmark: Benchmark, options: argparse.Namespace) -> tuple[Path, PictureSet[Any]]:
    """The folder that the options name, and what the benchmark finds there.

    Raises:
        ValueError, OSError: it is not what it has to be, or options are missing or too many.
    """
    with links_followed(options.follow_links):
        return _open(benchmark, options)


def _open(benchmark: Benchmark, options: argparse.Namespace) -> tuple[Path, PictureSet[Any]]:
    own = [options.list, options.images]
    if benchmark.folder is None:
        if None in own or options.data is not None:
            raise ValueError(
                f"expected --list and --images for --dataset {options.dataset}, and no --data; "
                "name the annotations and the folder of their pictures"
            )
        return options.images, benchmark.open(options.list, options.images)
    if own != [None, None]:
        raise ValueError(
            f"expected --data for --dataset {options.dataset}, got --list or --images; name the "
            "layout of your annotations by --dataset"
        )
    folder = dataset_dir(options.data, benchmark.folder)
    return folder, benchmark.open(folder)


def dataset_dir(given: Path | None, folder: str) -> Path:
    """The folder of a data set: what is given, else that of this name in `$TFFACE_DATA`.

    Raises:
        ValueError: neither is there.
    """
    if given is not None:
        return given
    if "TFFACE_DATA" not in os.environ:
        raise ValueError(
            "expected the folder of the data set, got none; give --data or set TFFACE_DATA to the "
            f"folder that holds {folder}"
        )
    return Path(os.environ["TFFACE_DATA"]) / folder
