"""Measures TFLite detectors: milliseconds from a picture to boxes, cold start, memory, file size.

    python -m measure.benchmark fbi-1 mine.tflite --threads 1,2 --size 640x480 --json times.json

All files see the same picture in turn, many times, so that what else the machine does hits all of
them. A file of one fixed size gets the picture scaled to fit. `--peers DIR` adds the detectors of
other projects that `measure.peers` runs and whose weights are in DIR.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tfface.predict.packages import optional_packages

with optional_packages("evaluate", __name__):
    import numpy as np
    from numpy.typing import NDArray

    from measure.cold_start import cold_starts
    from measure.conditions import conditions
    from measure.contestants import Contestant, contestants_of, peers_in, picture_with_faces
    from measure.model_files import read_tflite
    from measure.timing import THRESHOLD, WARM_UP_ROUNDS, take_turns
    from tfface.command_line import CommandParser, run_command, stream_beside
    from tfface.command_options import positive, thread_counts, width_by_height
    from tfface.files import check_file, write_json
    from tfface.packaged import PRECISIONS
    from tfface.presets import PRESETS
    from tfface.rgb import Image

COLD_STARTS = 5
"""Fresh processes for every file and number of threads."""

PEER_PACKAGES = ("onnxruntime",)


def detection_times(
    contestants: Sequence[Contestant], threads: int, image: Image, rounds: int
) -> NDArray[np.float64]:
    """Milliseconds from picture to boxes, `(contestants, rounds)`; all take turns."""
    calls = [partial(entry.load(threads, image.shape[:2]), image) for entry in contestants]
    return take_turns(calls, rounds, WARM_UP_ROUNDS)


def measure(
    contestants: Sequence[Contestant], threads: int, image: Image, rounds: int
) -> list[dict[str, Any]]:
    """Measures all contestants with one number of threads.

    Args:
        contestants: detectors of TFLite files, and peers.
        threads: processor threads that each may use.
        image: RGB uint8 `(H, W, 3)`.
        rounds: detections that count, of every contestant.

    Returns:
        A row of the report for each: `detector`, `threads`, `file_bytes`, `median_ms`
        and `percentile_90_ms` from picture to boxes, and medians of fresh processes, see
        `measure.cold_start.ColdStart`: `cold_start_ms`, `peak_mb`, `idle_mb`.

    Raises:
        tfface.predict.runtime.ModelError: a file is damaged, or no detector as tfface writes them.
    """
    # First, since a damaged file may end the process that loads it.
    starts = cold_starts(contestants, threads, image, COLD_STARTS)
    times = detection_times(contestants, threads, image, rounds)
    return [
        {
            "detector": contestant.name,
            "threads": threads,
            "file_bytes": contestant.file_bytes(),
            "median_ms": round(float(np.median(own)), 3),
            "percentile_90_ms": round(float(np.percentile(own, 90)), 3),
            "cold_start_ms": round(start.milliseconds, 3),
            "peak_mb": round(start.peak_megabytes, 3),
            "idle_mb": round(start.idle_megabytes, 3),
        }
        for contestant, own, start in zip(contestants, times, starts, strict=True)
    ]


def run(options: argparse.Namespace) -> dict[str, Any]:
    """The report: `conditions`, and `results` with the rows of `measure` for all thread counts.

    Raises:
        ValueError, OSError, ImportError: a file that cannot be run, or a package that is missing.
    """
    precisions = [*dict.fromkeys(options.precision.split(","))]
    if precisions != [PRECISIONS[0]] and not set(options.files) & {*PRESETS}:
        raise ValueError(
            f"expected a preset beside --precision, got files alone, which have their own: "
            f"{', '.join(options.files)}"
        )
    contestants = [
        contestant for model in options.files for contestant in contestants_of(model, precisions)
    ]
    for contestant in contestants:
        read_tflite(
            contestant.model, contestant.precision
        )  # what is no TFLite file shall not wait for its turn
    if options.peers:
        contestants += peers_in(options.peers)
    image = picture_with_faces(options.size)
    results = [
        row
        for threads in options.threads
        for row in measure(contestants, threads, image, options.rounds)
    ]
    height, width = options.size
    return {
        "conditions": {
            **conditions(PEER_PACKAGES if options.peers else ()),
            "picture": {"width": width, "height": height},
            "threshold": THRESHOLD,
            "rounds": options.rounds,
            "warm_up_rounds": WARM_UP_ROUNDS,
            "cold_starts": COLD_STARTS,
        },
        "results": results,
    }


_COLUMNS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "threads": lambda row: str(row["threads"]),
    "median ms": lambda row: f"{row['median_ms']:.2f}",
    "90 % ms": lambda row: f"{row['percentile_90_ms']:.2f}",
    "cold start ms": lambda row: f"{row['cold_start_ms']:.1f}",
    "peak MB": lambda row: f"{row['peak_mb']:.1f}",
    "above idle MB": lambda row: f"{row['peak_mb'] - row['idle_mb']:.1f}",
    "file MB": lambda row: f"{row['file_bytes'] / 1e6:.2f}",
}
"""Columns of the table, from a row of `measure`; the detector stands before them."""


def format_table(report: Mapping[str, Any]) -> str:
    """The report of `run`, for people to read."""
    setting, rows = report["conditions"], report["results"]
    picture, widest = setting["picture"], max(len(row["detector"]) for row in rows)
    lines = [
        f"{picture['width']}x{picture['height']}, {setting['rounds']} rounds, "
        f"{setting['processor']}, {setting['usable_cores']} usable cores, {setting['date']}",
        ", ".join(f"{name} {release}" for name, release in setting["versions"].items()),
        "  ".join([" " * widest, *_COLUMNS]),
    ]
    for row in rows:
        cells = [f"{cell(row):>{len(name)}}" for name, cell in _COLUMNS.items()]
        lines.append("  ".join([f"{row['detector']:{widest}}", *cells]))
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="python -m measure.benchmark",
        description="Measures TFLite detectors: milliseconds, cold start, memory, file size.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="TFLite file of tfface, or preset")
    parser.add_argument(
        "--precision",
        default=PRECISIONS[0],
        metavar="NAME,...",
        help=f"of presets, out of {', '.join(PRECISIONS)} (default: %(default)s)",
    )
    parser.add_argument(
        "--threads",
        type=thread_counts,
        default="1",
        metavar="N,N,...",
        help="numbers of processor threads (default: %(default)s)",
    )
    parser.add_argument(
        "--size",
        type=width_by_height,
        default="640x480",
        metavar="WIDTHxHEIGHT",
        help="of the picture (default: %(default)s)",
    )
    parser.add_argument(
        "--rounds",
        type=positive,
        default="200",
        metavar="N",
        help="detections that count (default: %(default)s)",
    )
    parser.add_argument(
        "--peers", type=Path, metavar="DIR", help="weights of other projects' detectors"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all numbers there")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    return run_command(_parser(), _report, arguments)


def _report(options: argparse.Namespace) -> None:
    if options.json:
        check_file(options.json)
    report = run(options)
    if options.json:
        write_json(options.json, report)
    print(format_table(report), file=stream_beside(options.json))


if __name__ == "__main__":
    sys.exit(main())
