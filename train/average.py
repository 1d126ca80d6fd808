"""Averages the weights of detectors that were trained from one another.

    python -m train.average runs/fbi-1/final.keras runs/fbi-1-640/final.keras --output=fbi-1.keras

Between the ends of two parts of a training, on smaller and on larger images, lies a detector that
is good at both (Wortsman et al., Model soups, arXiv:2203.05482). Detectors of separate trainings
have nothing to average.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from tfface.command_line import CommandParser, run_command
from tfface.predict.packages import optional_packages


def average(models: Sequence[str], output: Path) -> None:
    """Writes the mean of the weights of several detectors.

    Args:
        models: presets, `.keras` files or folders of runs; all of one architecture.
        output: the `.keras` file to write.

    Raises:
        ValueError, OSError: a model that cannot be loaded, fewer than two, or another architecture.
    """
    with optional_packages("train"):
        import keras  # noqa: F401 - rather than miss it after the arguments

        from tfface.detectors.loading import load_detector, save_detector

    if len(models) < 2:
        raise ValueError(f"expected two detectors or more to average, got {len(models)}")
    detectors = [load_detector(model) for model in models]
    kinds = [detector.architecture() for detector in detectors]
    for model, kind in zip(models, kinds, strict=True):
        if kind != kinds[0]:
            raise ValueError(
                f"expected detectors of one architecture, {kinds[0]} as in {models[0]}, got {kind} "
                f"in {model}; average what was trained from one another"
            )
    all_weights = zip(*(detector.get_weights() for detector in detectors), strict=True)
    detectors[0].set_weights([sum(weights) / len(weights) for weights in all_weights])
    save_detector(detectors[0], output)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    parser = CommandParser(prog="python -m train.average", description="Average weights.")
    parser.add_argument("models", nargs="+", metavar="MODEL", help="preset, .keras file or run")
    parser.add_argument("--output", type=Path, required=True, help=".keras file to write")
    return run_command(parser, lambda options: average(options.models, options.output), arguments)


if __name__ == "__main__":
    sys.exit(main())
