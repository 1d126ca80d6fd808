"""Ways to train, compared: runs of the same data, schedule and seeds, and what each reaches."""

import argparse
import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import numpy as np

    from benchmarks.studies import add_run_options, make_run, run_folder
    from benchmarks.tables import write_csv
    from tfface.command_line import CommandParser, run_command
    from tfface.evaluation.fddb import evaluate_fddb, true_positives_at
    from tfface.evaluation.fddb_files import open_fddb
    from tfface.evaluation.runner import detect_pictures, evaluate_detector
    from tfface.files import atomic_path
    from tfface.predict.face_detector import FaceDetector

FALSE_POSITIVES = 100


@dataclass(frozen=True)
class Setting:
    """One way to train a detector.

    Attributes:
        name: of it in the tables.
        configuration: a file of flags in train/configs.
        flags: beside those.
        teacher: preset; None for labels alone.
        mines: whether hard negatives become harder during half of the run.
        seeds: runs, with the seeds from 0.
    """

    name: str
    configuration: str
    flags: tuple[str, ...] = ()
    teacher: str | None = None
    mines: bool = False
    seeds: int = 2

    def arguments(self, steps: int) -> list[str]:
        """The flags of `train.main` for it, without those of data, output and seed."""
        return [
            f"--flagfile=train/configs/{self.configuration}.flags",
            f"--steps={steps}",
            *([f"--mining_steps={steps // 2}"] if self.mines else []),
            *self.flags,
            *([f"--teacher={self.teacher}"] if self.teacher else []),
        ]


def compare(settings: Sequence[Setting], description: str, output: str) -> int:
    """The command of a comparison; returns its exit status.

    Args:
        settings: what is compared.
        description: of the command.
        output: default of the folder for its runs.
    """
    parser = CommandParser(description=description)
    add_run_options(parser)
    parser.add_argument("--data", type=Path, required=True, help="folder with widerface and fddb")
    parser.add_argument("--steps", type=int, default=1000, help="of every run")
    parser.add_argument("--output", type=Path, default=Path(output))
    parser.add_argument("--long_side", type=int, default=640, help="test size, in pixels")
    parser.add_argument("--csv", type=Path, help="also write the table to this file")
    parser.add_argument("--plot", type=Path, help="also draw it into this PNG file")
    return run_command(parser, lambda options: _run(settings, options))


def _run(settings: Sequence[Setting], options: argparse.Namespace) -> None:
    """Makes and measures all runs, and writes what they reach."""
    rows = []
    # Seed by seed, so that a study that is broken off has compared all settings once.
    for seed in range(max(setting.seeds for setting in settings)):
        for setting in settings:
            if seed < setting.seeds:
                model = train(setting, seed, options)
                rows.append({"setting": setting.name, "seed": seed, **measure(model, options)})
                print("  ".join(f"{name} {value}" for name, value in rows[-1].items()), flush=True)
    if options.csv:
        conditions = f"{options.steps} steps, long side {options.long_side}"
        write_csv(options.csv, rows, f"{datetime.date.today()}, {conditions}")
    if options.plot:
        plot(rows, options.plot)


def train(setting: Setting, seed: int, options: argparse.Namespace) -> Path:
    """The weights of a run, which is made first unless it is there."""
    output = run_folder(options.output, setting.name, seed)
    arguments = [
        *setting.arguments(options.steps),
        f"--train_records={options.records}",
        f"--seed={seed}",
        *options.flags,
    ]
    make_run(output, arguments)
    return output / "final.keras"


def measure(model: Path, options: argparse.Namespace) -> dict[str, float]:
    """What a `.keras` file reaches: AP in percent on WIDER FACE, true positives on FDDB."""
    detector = FaceDetector.from_preset(model)
    curves = evaluate_detector(detector, options.data / "widerface", options.long_side)
    fddb = open_fddb(options.data / "fddb")
    run = detect_pictures(detector, fddb.image_root, fddb.ground_truth, options.long_side)
    found = true_positives_at(evaluate_fddb(run.predictions, fddb.ground_truth), FALSE_POSITIVES)
    return {
        **{name: round(100 * curve.average_precision, 1) for name, curve in curves.items()},
        f"FDDB true positives at {FALSE_POSITIVES}": found,
    }


def plot(rows: list[dict], path: Path) -> None:
    """A dot for every run and a line at the mean of every setting, a panel for every column."""
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(row["setting"] for row in rows))
    columns = [column for column in rows[0] if column not in ("setting", "seed")]
    figure = Figure(figsize=(11, 3.4), dpi=120, layout="constrained")
    panels = figure.subplots(1, len(columns), sharey=True)
    for axes, column in zip(panels, columns, strict=True):
        for place, name in enumerate(names):
            values = [row[column] for row in rows if row["setting"] == name]
            axes.plot([np.mean(values)] * 2, [place - 0.25, place + 0.25], "C0", linewidth=2)
            axes.plot(values, [place] * len(values), "k.", markersize=6)
        is_count = column.startswith("FDDB")
        axes.set_title(column if is_count else f"{column}, AP in %", fontsize=9)
        axes.grid(axis="x", alpha=0.3)
    panels[0].set_yticks(range(len(names)), names)
    panels[0].invert_yaxis()
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")
