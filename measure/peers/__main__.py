"""Evaluates other projects' face detectors by the official protocols.

    python -m measure.peers --peers DIR --model yunet_n scrfd_500m --data DIR --long_side 640

prints the official WIDER FACE result of each on the validation pictures present. `--peers` names
the folder of weight files, by default $TFFACE_PEERS; they are not part of this repository.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tfface.command_line import CommandParser, run_command
from tfface.predict.packages import optional_packages

with optional_packages("evaluate,dev", __name__):
    from measure.peers import PEERS, open_peer
    from tfface.evaluation.curves import format_table
    from tfface.evaluation.runner import SCORE_THRESHOLD, evaluate_detector


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="python -m measure.peers", description="Evaluate other projects' face detectors."
    )
    parser.add_argument("--peers", type=Path, help="folder of weight files ($TFFACE_PEERS)")
    parser.add_argument("--model", choices=PEERS, nargs="+", required=True)
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("TFFACE_DATA", ".")) / "widerface"
    )
    parser.add_argument(
        "--long_side", type=int, default=0, help="0: own size; inputs of one size are as they are"
    )
    parser.add_argument("--threads", type=int, default=1)
    return parser


def _evaluate(options: argparse.Namespace) -> None:
    for key in options.model:
        detector = open_peer(key, options.peers, options.threads)
        curves = evaluate_detector(
            detector, options.data, options.long_side, threshold=SCORE_THRESHOLD, progress=True
        )
        print(PEERS[key].title, format_table(curves), sep="\n", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    return run_command(_parser(), _evaluate, arguments)


if __name__ == "__main__":
    sys.exit(main())
