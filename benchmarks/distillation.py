"""What distillation brings: Tables 2, 3 and 6 of kd_fbi, at the scale that a machine allows.

    python -m benchmarks.distillation --records 'records/train-*.tfrecord' --data DIR \\
        --steps 1500 --output runs/distillation

trains students from scratch, with the same data, schedule and seed, with labels alone (GT) and with
a teacher in different ways, and measures each on WIDER FACE validation and FDDB: FBI-1/2 with FBI-1
by the scores of anchors or with YuNet-n by feature maps, and a PlainYuNet, whose later layers begin
with those of YuNet-n, with that by feature maps, scores and boxes. Started again it goes on; a
finished run is not repeated.
"""

import argparse
import datetime
import sys
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

FBI, PLAIN = "fbi-half", "plain-yunet"
"""Names of files in train/configs."""

SMALL = ("--depths=0,0", "--first_channels=0", "--initial_weights=yunet-n")
"""The layers of plain-yunet-s before stride 8, YuNet-n's behind them."""


@dataclass(frozen=True)
class Setting:
    """One way to train a student.

    Attributes:
        name: of it in the tables.
        student: a file of flags in train/configs.
        flags: beside those.
        teacher: preset; None for labels alone.
        seeds: runs, with the seeds from 0.
    """

    name: str
    student: str
    flags: tuple[str, ...] = ()
    teacher: str | None = None
    seeds: int = 2

    def arguments(self, steps: int) -> list[str]:
        """The flags of `train.main` for it, without those of data, output and seed."""
        return [
            f"--flagfile=train/configs/{self.student}.flags",
            f"--steps={steps}",
            *([f"--mining_steps={steps // 2}"] if self.student == FBI else []),
            *self.flags,
            *([f"--teacher={self.teacher}"] if self.teacher else []),
        ]


SETTINGS = (
    Setting("GT", FBI),
    Setting("mimic all", FBI, ("--beta=0", "--alpha=0"), "fbi-1"),
    Setting("adaptive, beta 6.4", FBI, ("--beta=6.4", "--gamma=3.2"), "fbi-1"),
    Setting("maps of YuNet-n", FBI, ("--distillation=maps", "--label_weight=1"), "yunet-n"),
    Setting("constant 0.1", FBI, ("--beta=0", "--alpha=0.1"), "fbi-1", seeds=1),
    Setting("adaptive, beta 2.0", FBI, ("--beta=2.0", "--gamma=3.2"), "fbi-1", seeds=1),
    Setting("PlainYuNet, GT", PLAIN, (*SMALL, "--distillation=threshold")),
    Setting("PlainYuNet, maps", PLAIN, SMALL, "yunet-n"),
    Setting("PlainYuNet, maps and GT", PLAIN, (*SMALL, "--label_weight=1"), "yunet-n"),
)


def main() -> int:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    add_run_options(parser)
    parser.add_argument("--data", type=Path, required=True, help="folder with widerface and fddb")
    parser.add_argument("--steps", type=int, default=1000, help="of every run")
    parser.add_argument("--output", type=Path, default=Path("runs/distillation"))
    parser.add_argument("--long_side", type=int, default=640, help="test size, in pixels")
    parser.add_argument("--csv", type=Path, help="also write the table to this file")
    parser.add_argument("--plot", type=Path, help="also draw it into this PNG file")
    return run_command(parser, run)


def run(options: argparse.Namespace) -> None:
    """Makes and measures all runs, and writes what they reach."""
    rows = []
    # Seed by seed, so that a study that is broken off has compared all settings once.
    for seed in range(max(setting.seeds for setting in SETTINGS)):
        for setting in SETTINGS:
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


if __name__ == "__main__":
    sys.exit(main())
