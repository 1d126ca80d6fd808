"""What masks, enhancement and masked dropout bring: Tables 1 and 2 of feature_masking, scaled down.

    python -m benchmarks.feature_masking --records 'records/train-*.tfrecord' --data DIR \\
        --steps 3000 --fbi_steps 3000 --output runs/masking

trains UF-SSD of train/configs/uf-ssd-small.flags and FBI-1/2 of train/configs/fbi-half.flags, from
scratch, with and without, and measures each on WIDER FACE validation. The settings first, then a
second seed of the UF-SSD without anything and of the best one. Started again it goes on: a finished
run is not repeated, and one that was broken off continues from its last state.
"""

import argparse
import datetime
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    from benchmarks.mask_cost import measure_masks, wider_pictures
    from benchmarks.studies import add_run_options, make_run, run_folder
    from benchmarks.tables import write_csv
    from tfface.command_line import CommandParser, run_command
    from tfface.detectors.loading import load_detector
    from tfface.evaluation.runner import evaluate_detector
    from tfface.evaluation.wider import SETTINGS as SUBSETS
    from tfface.files import write_json
    from tfface.predict.face_detector import FaceDetector

UF_SSD, FBI = "uf-ssd-small", "fbi-half"
"""Names of files in train/configs."""

TIMED_PICTURES = 50


@dataclass(frozen=True)
class Setting:
    """A detector to train: its name, its file of flags, and its flags beside."""

    name: str
    config: str
    flags: tuple[str, ...]


ENHANCED = ("--mask_levels=", "--feature_enhancement")
BASELINE = Setting("UF-SSD", UF_SSD, ("--mask_levels=",))
SETTINGS = (
    BASELINE,
    Setting("UF-SSD+FFMM-x1", UF_SSD, ("--mask_levels=0",)),
    Setting("UF-SSD+FFMM-x6", UF_SSD, ("--mask_levels=0,1,2,3,4,5",)),
    # The paper's Th_Mask of 0.01 leaves out nothing before a mask is surer than it is here.
    Setting("UF-SSD+FFMM-x1-Th-0.1", UF_SSD, ("--mask_levels=0", "--mask_threshold=0.1")),
    Setting("UF-SSD+FEM", UF_SSD, ENHANCED),
    Setting("UF-SSD+FEM+MCDM-0.1", UF_SSD, (*ENHANCED, "--mask_dropout=0.1")),
    Setting("UF-SSD+FEM+MCDM-0.2", UF_SSD, (*ENHANCED, "--mask_dropout=0.2")),
    Setting("UF-SSD+FEM+MCDM-0.3", UF_SSD, (*ENHANCED, "--mask_dropout=0.3")),
    Setting("FBI-1/2", FBI, ("--mask_levels=",)),
    Setting("FBI-1/2+FFMM-x1", FBI, ("--mask_levels=0",)),
)


def main() -> int:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    add_run_options(parser)
    parser.add_argument(
        "--settings",
        nargs="+",
        choices=[setting.name for setting in SETTINGS],
        default=[setting.name for setting in SETTINGS],
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with widerface")
    parser.add_argument("--steps", type=int, default=3000, help="of every UF-SSD")
    parser.add_argument("--fbi_steps", type=int, default=3000, help="of every FBI")
    parser.add_argument("--long_side", type=int, default=640, help="test size, in pixels")
    parser.add_argument("--output", type=Path, default=Path("runs/masking"))
    parser.add_argument("--csv", type=Path, help="also write the table to this file")
    return run_command(parser, run)


def run(options: argparse.Namespace) -> None:
    """Makes and measures the runs that are wanted, and writes what they reach."""
    wanted = [setting for setting in SETTINGS if setting.name in options.settings]
    rows = [result(setting, 0, options) for setting in wanted]
    best = best_of([row for row in rows if row["setting"] != BASELINE.name])
    rows += [result(setting, 1, options) for setting in wanted if setting in (BASELINE, best)]
    if options.csv:
        conditions = f"{options.steps} steps, long side {options.long_side}"
        write_csv(options.csv, rows, f"{datetime.date.today()}, {conditions}")


def best_of(rows: list[dict[str, Any]]) -> Setting | None:
    """The setting of UF-SSD whose mean average precision over the subsets is the highest."""
    own = {setting.name: setting for setting in SETTINGS if setting.config == UF_SSD}
    candidates = [row for row in rows if row["setting"] in own]
    best = max(candidates, key=lambda row: sum(row[name] for name in SUBSETS), default=None)
    return own[best["setting"]] if best else None


def result(setting: Setting, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """The row of a run, which is trained and measured first unless that is done."""
    run = run_folder(options.output, setting.name, seed)
    measured = run / f"measured-{options.long_side}.json"
    if not measured.is_file():
        train(setting, seed, run, options)
        write_json(measured, measure(run / "final.keras", options))
    row = {"setting": setting.name, "seed": seed, **json.loads(measured.read_text())}
    print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)
    return row


def train(setting: Setting, seed: int, run: Path, options: argparse.Namespace) -> None:
    """Makes `final.keras` in the folder of a run."""
    steps = options.steps if setting.config == UF_SSD else options.fbi_steps
    arguments = [
        f"--flagfile=train/configs/{setting.config}.flags",
        f"--train_records={options.records}",
        f"--steps={steps}",
        f"--mining_steps={steps // 2}",
        f"--seed={seed}",
        *setting.flags,
        *options.flags,
    ]
    make_run(run, arguments)


def measure(model: Path, options: argparse.Namespace) -> dict[str, Any]:
    """AP in percent on WIDER FACE, and what `benchmarks.mask_cost` measures."""
    curves = evaluate_detector(
        FaceDetector.from_preset(model), options.data / "widerface", options.long_side
    )
    pictures = wider_pictures(options.data, options.long_side, TIMED_PICTURES)
    (cost,) = measure_masks({model.parent.name: load_detector(model)}, pictures)
    cost.pop("detector")
    return {
        **{name: round(100 * curve.average_precision, 1) for name, curve in curves.items()},
        **cost,
    }


if __name__ == "__main__":
    sys.exit(main())
