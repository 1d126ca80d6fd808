"""Other projects' detectors: accuracy by the WIDER FACE protocol beside milliseconds, in one run.

    python -m benchmarks.peers --peers DIR --data DIR --sizes 640,1024

Every peer whose weights are in DIR is measured as `benchmarks.pareto` does it: those that take
pictures of any size at each of the sizes, the others at that of their input. One thread.
"""

import argparse
import datetime
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tfface.command_line import CommandParser, run_command
from tfface.predict.packages import optional_packages

with optional_packages("evaluate,dev", __name__):
    from benchmarks.pareto import (
        Accuracies,
        entries_at,
        format_table,
        measure,
        peer_competitor,
        sizes,
    )
    from benchmarks.tables import write_csv
    from measure.conditions import processor
    from measure.peers import peers_present
    from tfface.files import check_file


def run(options: argparse.Namespace) -> None:
    """Measures what the options say, writes it and prints the table."""
    for path in (options.accuracies, options.csv):
        check_file(path)
    peers = [peer_competitor(key, options.peers) for key in peers_present(options.peers)]
    rows = measure(
        entries_at(peers, options.sizes),
        options.peers,
        Accuracies(options.accuracies, options.data),
        options.rounds,
    )
    setting = f"one thread, {options.rounds} rounds, {processor()}, {datetime.date.today()}"
    write_csv(options.csv, rows, setting)
    print(setting, "", format_table(rows), sep="\n")


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="python -m benchmarks.peers",
        description="Accuracy and milliseconds of other projects' detectors.",
    )
    parser.add_argument(
        "--peers",
        type=Path,
        default=os.environ.get("TFFACE_PEERS", "."),
        help="folder of weight files (default: $TFFACE_PEERS)",
    )
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("TFFACE_DATA", ".")) / "widerface"
    )
    parser.add_argument("--sizes", type=sizes, default="640", metavar="PIXELS,...")
    parser.add_argument(
        "--rounds", type=int, default=100, help="detections that count; 0: accuracy alone"
    )
    parser.add_argument("--accuracies", type=Path, default=Path("runs/pareto/accuracies.json"))
    parser.add_argument("--csv", type=Path, default=Path("runs/peers/peers.csv"))
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    return run_command(_parser(), run, arguments)


if __name__ == "__main__":
    sys.exit(main())
