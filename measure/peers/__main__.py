"""Evaluates other projects' face detectors by the official protocols.

    python -m measure.peers --peers DIR --model yunet_n scrfd_500m --data DIR --long_side 640

prints the official WIDER FACE result of each on the validation pictures present; `--dataset fddb`
that of FDDB. `--peers` names the folder of weight files, by default $TFFACE_PEERS; they are not
part of this repository. With `--predictions FOLDER` the detections lie in a folder for each, from
which `python -m tfface.evaluate --report DIR --compare FOLDER/*` compares them with others.
"""

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tfface.predict.packages import optional_packages

with optional_packages("evaluate,dev", __name__):
    from measure.peers import PEERS, open_peer
    from tfface.command_line import CommandParser, run_command
    from tfface.command_options import between
    from tfface.evaluation.benchmarks import BENCHMARKS
    from tfface.evaluation.commands import command_line, write_command
    from tfface.evaluation.data_options import add_data_options, open_dataset
    from tfface.evaluation.runner import detect_pictures
    from tfface.files import check_folder
    from tfface.predict.litert import MAX_THREADS
    from tfface.predict.placement import LARGEST_SIDE


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="python -m measure.peers", description="Evaluate other projects' face detectors."
    )
    parser.add_argument("--peers", type=Path, help="folder of weight files ($TFFACE_PEERS)")
    parser.add_argument("--model", choices=PEERS, nargs="+", required=True)
    add_data_options(parser)
    parser.add_argument(
        "--long_side",
        type=between(0, LARGEST_SIDE, int),
        default=0,
        help="0: own size; inputs of one size are as they are",
    )
    parser.add_argument("--threads", type=between(1, MAX_THREADS, int), default=1)
    parser.add_argument(
        "--predictions", type=Path, help="folder for a folder of detections of each"
    )
    return parser


def _evaluate(command: str, options: argparse.Namespace) -> None:
    benchmark = BENCHMARKS[options.dataset]
    if options.predictions:
        check_folder(options.predictions)
    detectors = {key: open_peer(key, options.peers, options.threads) for key in options.model}
    _, dataset = open_dataset(benchmark, options)
    for key, detector in detectors.items():
        predictions = detect_pictures(
            detector, dataset.image_root, dataset.ground_truth, options.long_side, progress=True
        ).predictions
        results = benchmark.evaluate(predictions, dataset.ground_truth)
        print(PEERS[key].title, benchmark.format_table(results), sep="\n", flush=True)
        if options.predictions:
            benchmark.write_predictions(predictions, options.predictions / key)
            write_command(options.predictions / key, command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    return run_command(_parser(), partial(_evaluate, command_line("measure.peers", given)), given)


if __name__ == "__main__":
    sys.exit(main())
