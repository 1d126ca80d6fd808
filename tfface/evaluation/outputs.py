"""Where an evaluation writes: nowhere that something else is written, or read."""

import argparse
import os
from pathlib import Path

from tfface.files import STANDARD_OUTPUT, check_file, check_folder, is_stream
from tfface.presets import PRESETS

PAGE = "index.html"
"""The file of a report in its folder."""


def check_outputs(options: argparse.Namespace) -> None:
    """Looks at every output before the work of which it is the result.

    Args:
        options: of `tfface.evaluate`.

    Raises:
        ValueError: one would take the place of another, or of something that is read.
        tfface.files.OutputError: nothing can be written there.
    """
    _check_places(options)
    for folder in (options.predictions, options.report):
        if folder:
            check_folder(folder)
    for path in (options.json, options.plot):
        if path:
            check_file(path)


def prediction_folders(options: argparse.Namespace) -> list[Path]:
    """The folder of predictions of each detector: of several, each has its own."""
    if not options.predictions:
        return []
    if len(options.model) == 1:
        return [options.predictions]
    return [options.predictions / name_of(model) for model in options.model]


def name_of(path: str | Path) -> str:
    """The name of a detector, which its preset, file or folder gives it, also where that is `.`."""
    return Path(os.path.abspath(path)).name


def _check_places(options: argparse.Namespace) -> None:
    page = options.report / PAGE if options.report else None
    outputs = {"--json": options.json, "--plot": options.plot, f"--report, {PAGE}": page}
    models = [Path(model) for model in options.model if model not in PRESETS]
    taken = {_place(path): "what is read" for path in (options.list, *models) if path}
    for option, path in outputs.items():
        if path and (path == STANDARD_OUTPUT or not is_stream(path)):
            other = taken.setdefault(_place(path), option)
            if other != option:
                raise ValueError(
                    f"expected {option} at a place of its own, got {path}, which is {other}"
                )
    compared = {_place(folder) for folder in options.compare}
    for folder in prediction_folders(options):
        if _place(folder) in compared:
            raise ValueError(
                f"expected --predictions beside what --compare reads, got {folder} for both"
            )


def _place(path: Path) -> str:
    return os.path.realpath(path)
