"""Milliseconds from a picture to boxes: tfface's detectors and the peers, in one run.

    python -m benchmarks.latency --peers DIR --size 640x480 --threads 1

All detectors see the same picture in turn, many times, so that what else the machine does hits all
of them; the median counts. YuNet-n runs in ONNX Runtime and in OpenCV.
"""

import datetime
import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tfface.predict.packages import optional_packages

with optional_packages("train,dev", __name__):
    import keras  # noqa: F401 - so that it is this command that says what it needs
    import numpy as np

    from benchmarks.complexity import count
    from benchmarks.onnx_complexity import count_onnx
    from benchmarks.tables import write_csv
    from measure.conditions import processor
    from measure.contestants import LITERT, Contestant, peers_in, picture_with_faces
    from measure.peers import PEERS, TIMED
    from measure.timing import WARM_UP_ROUNDS, take_turns
    from tfface.command_line import CommandParser, run_command
    from tfface.command_options import width_by_height
    from tfface.detectors.loading import load_detector
    from tfface.predict.runtime import Size
    from tfface.presets import PRESETS


@dataclass(frozen=True)
class Entry:
    """A detector to time, and what is known of its network; of BlazeFace nothing is counted."""

    contestant: Contestant
    multiply_adds: int | None = None
    parameters: int | None = None


def main() -> int:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peers", type=Path, required=True, help="folder of weight files")
    parser.add_argument(
        "--size", type=width_by_height, default="640x480", help="WIDTHxHEIGHT of the picture"
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--csv", type=Path, help="also write the table to this file")
    return run_command(parser, run)


def run(options: Namespace) -> None:
    """Times all detectors, and prints and writes the table."""
    image = picture_with_faces(options.size)
    others = list(peers(options.peers, options.size))
    entries = [*own_detectors(options.size), *others]
    calls = [
        partial(entry.contestant.load(options.threads, options.size), image) for entry in entries
    ]
    rows = [
        {
            "detector": entry.contestant.name,
            "multiply-adds": entry.multiply_adds or "",
            "parameters": entry.parameters or "",
            "median ms": f"{np.median(times):.2f}",
            "10th percentile": f"{np.percentile(times, 10):.2f}",
            "90th percentile": f"{np.percentile(times, 90):.2f}",
        }
        for entry, times in zip(
            entries, take_turns(calls, options.rounds, WARM_UP_ROUNDS), strict=True
        )
    ]
    height, width = options.size
    setting = (
        f"{width}x{height}, {options.threads} thread(s), {options.rounds} rounds, {processor()}"
    )
    print(setting)
    print("  ".join(f"{name:>22}" for name in rows[0]))
    for row in rows:
        print("  ".join(f"{cell!s:>22}" for cell in row.values()))
    if options.csv:
        write_csv(options.csv, rows, f"{datetime.date.today()}, {setting}")


def own_detectors(size: Size) -> Iterator[Entry]:
    """The presets."""
    for name in PRESETS:
        yield Entry(Contestant(f"{name} ({LITERT})", name), *count(load_detector(name), *size))


def peers(folder: Path, size: Size) -> Iterator[Entry]:
    """Other projects' detectors, from RGB picture to boxes; those of one size have their own."""
    for contestant in peers_in(folder):
        path = Path(contestant.model)
        own_size = PEERS[TIMED[contestant.runtime].key].input_size
        if path.suffix == ".onnx":
            yield Entry(contestant, *count_onnx(path, *(own_size or size)))
        else:
            yield Entry(contestant)


if __name__ == "__main__":
    sys.exit(main())
