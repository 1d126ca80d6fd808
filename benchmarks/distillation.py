"""What distillation brings: Tables 2, 3 and 6 of kd_fbi, at the scale that a machine allows.

    python -m benchmarks.distillation --records 'records/train-*.tfrecord' --data DIR \\
        --teacher fbi-1 --initial_weights fbi-half --steps 1000 --output runs/distillation

trains FBI-1/2 several times, with the same data, schedule and first weights, with labels alone (GT)
and with the teacher in different ways, and measures each on WIDER FACE validation and FDDB. Started
again it goes on; a finished run is not repeated.
"""

import argparse
import datetime
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import numpy as np

    from benchmarks.tables import write_csv
    from tfface.command_line import CommandParser
    from tfface.evaluation.fddb import evaluate_fddb, true_positives_at
    from tfface.evaluation.fddb_files import open_fddb
    from tfface.evaluation.runner import detect_pictures, evaluate_detector
    from tfface.files import atomic_path
    from tfface.predict.face_detector import FaceDetector

CONFIG = "train/configs/fbi-half-640.flags"
FALSE_POSITIVES = 100


@dataclass(frozen=True)
class Setting:
    """One way to train the student: its name, its flags beside the teacher, and how many seeds."""

    name: str
    flags: tuple[str, ...]
    seeds: int = 1
    distils: bool = True


SETTINGS = (
    Setting("GT", (), seeds=2, distils=False),
    Setting("mimic all", ("--beta=0", "--alpha=0")),
    Setting("constant 0.1", ("--beta=0", "--alpha=0.1")),
    Setting("adaptive, beta 6.4", ("--beta=6.4", "--gamma=3.2"), seeds=2),
    Setting("adaptive, beta 2.0", ("--beta=2.0", "--gamma=3.2")),
)


def main() -> None:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", required=True, help="TFRecord files; a glob")
    parser.add_argument("--data", type=Path, required=True, help="folder with widerface and fddb")
    parser.add_argument("--teacher", required=True, help="preset or .keras file")
    parser.add_argument("--initial_weights", required=True, help="preset or .keras file")
    parser.add_argument("--steps", type=int, default=1000, help="of every run")
    parser.add_argument("--output", type=Path, default=Path("runs/distillation"))
    parser.add_argument("--long_side", type=int, default=640, help="test size, in pixels")
    parser.add_argument("--csv", type=Path, help="also write the table to this file")
    parser.add_argument("--plot", type=Path, help="also draw it into this PNG file")
    options = parser.parse_args()
    rows = []
    # Seed by seed, so that a study that is broken off has compared all settings once.
    for seed in range(max(setting.seeds for setting in SETTINGS)):
        for setting in SETTINGS:
            if seed < setting.seeds:
                model = train(setting, seed, options)
                rows.append({"setting": setting.name, "seed": seed, **measure(model, options)})
                print("  ".join(f"{name} {value}" for name, value in rows[-1].items()), flush=True)
    if options.csv:
        conditions = (
            f"teacher {options.teacher}, first weights {options.initial_weights}, "
            f"{options.steps} steps, long side {options.long_side}"
        )
        write_csv(options.csv, rows, f"{datetime.date.today()}, {conditions}")
    if options.plot:
        plot(rows, options.plot)


def train(setting: Setting, seed: int, options: argparse.Namespace) -> Path:
    """The weights of a run, which is made first unless it is there."""
    output = options.output / f"{setting.name.replace(', ', '-').replace(' ', '-')}-{seed}"
    arguments = [
        f"--flagfile={CONFIG}",
        f"--train_records={options.records}",
        f"--initial_weights={options.initial_weights}",
        f"--steps={options.steps}",
        f"--seed={seed}",
        f"--output={output}",
        *setting.flags,
    ]
    if setting.distils:
        arguments.append(f"--teacher={options.teacher}")
    command = [sys.executable, "-m", "train.main", *arguments]
    if not (output / "final.keras").is_file() and subprocess.run(command).returncode:
        sys.exit("The study stops: `python -m train.main` failed; its message is above.")
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
    main()
