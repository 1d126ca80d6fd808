"""What full RefineFace costs at 640x480: parameters, multiply-adds and milliseconds.

    python -m benchmarks.refineface_cost --csv cost.csv

Untrained weights, each converted on the spot: the work does not depend on them. All take turns on
one picture with faces. No candidate is above the threshold, so that what is timed is the network
and the selection of candidates. SML and FSM are no part of what is converted; the rows show it.
"""

import datetime
import sys
import tempfile
from argparse import Namespace
from functools import partial
from pathlib import Path
from typing import Any

from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import keras
    import numpy as np

    from benchmarks.complexity import count
    from benchmarks.refineface import WITHOUT
    from benchmarks.tables import write_csv
    from convert.graph import DetectionGraph
    from convert.tflite import to_tflite
    from measure.conditions import processor
    from measure.contestants import Contestant, picture_with_faces
    from measure.timing import take_turns
    from tfface.command_line import CommandParser, run_command
    from tfface.command_options import width_by_height
    from tfface.detectors.refineface import RefineFace

BASELINE: dict[str, Any] = {
    "two_step_regression": (),
    "two_step_classification": (),
    "receptive_field_enhancement": False,
    "margin": 0.0,
    "feature_supervision": False,
}

MODULES: dict[str, dict[str, Any]] = {
    "STR": {"two_step_regression": (5, 6, 7)},
    "STC": {"two_step_classification": (2, 3, 4)},
    "RFE": {"receptive_field_enhancement": True},
    "SML": {"margin": 15.0},
    "FSM": {"feature_supervision": True},
}

NETWORKS: dict[str, dict[str, Any]] = {
    "R18 baseline": BASELINE,
    **{f"R18 +{module}": BASELINE | MODULES[module] for module in WITHOUT},
    "R18": {},
    "R50": {"backbone": "resnet50"},
    "R101": {"backbone": "resnet101"},
    "R152": {"backbone": "resnet152"},
}


def main() -> int:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--networks", nargs="+", choices=list(NETWORKS), default=list(NETWORKS))
    parser.add_argument(
        "--size", type=width_by_height, default="640x480", help="WIDTHxHEIGHT of the picture"
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--csv", type=Path, help="also write the table to this file")
    return run_command(parser, run)


def run(options: Namespace) -> None:
    """Times all networks, and prints and writes the table."""
    image = picture_with_faces(options.size)
    rows: list[dict[str, Any]] = []
    calls = []
    with tempfile.TemporaryDirectory() as folder:
        for name in options.networks:
            path = Path(folder) / f"{len(rows)}.tflite"
            rows.append({"network": name, **write(NETWORKS[name], path, options.size)})
            print("  ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
            contestant = Contestant(name, str(path))
            calls.append(partial(contestant.load(options.threads, options.size), image))
    times = take_turns(calls, options.rounds, 1)  # of which each takes seconds
    for row, of_one in zip(rows, times, strict=True):
        row["median ms"] = f"{np.median(of_one):.1f}"
        print("  ".join(f"{key} {value}" for key, value in row.items()))
    if options.csv:
        conditions = f"{processor()}, {options.threads} thread(s), {options.rounds} rounds"
        write_csv(options.csv, rows, f"{datetime.date.today()}, {conditions}")


def write(network: dict[str, Any], path: Path, size: tuple[int, int]) -> dict[str, int]:
    """Writes an untrained network; its multiply-adds, parameters and bytes."""
    keras.utils.set_random_seed(0)
    detector = RefineFace(**network)
    multiply_adds, parameters = count(detector, *size)
    path.write_bytes(to_tflite(DetectionGraph(detector, size=size, batch=1)))
    keras.backend.clear_session()
    return {
        "parameters": parameters,
        "multiply-adds": multiply_adds,
        "bytes": path.stat().st_size,
    }


if __name__ == "__main__":
    sys.exit(main())
