"""What balanced scales bring: Tables 1 to 5 and Figure 4 of group sampling, scaled down.

    python -m benchmarks.group_sampling train --records 'records/train-*.tfrecord' --seconds 3600
    python -m benchmarks.group_sampling measure --data DIR
    python -m benchmarks.group_sampling table --csv group-sampling.csv

`train` makes the runs one after the other, with the same data, schedule and seed; `--seconds` ends
each after that time with its state saved, `--flags` gives all of them further flags. Started again,
every command goes on where it was: what is done is not repeated. DIR is the folder of WIDER FACE.
`--smoke` makes runs of four steps, which shows that all of it works and nothing else.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    from benchmarks.studies import add_commands, make_run, print_results, results, run_folder
    from benchmarks.tables import write_csv
    from tfface.command_line import CommandParser, exit_status
    from tfface.detectors.loading import load_detector
    from tfface.evaluation.per_scale import evaluate_by_scale
    from tfface.files import write_json

CONFIG = "train/configs/grouped-reduced.flags"
BASELINE, BEST = "FPN-finest", "+group sampling of proposals"
SMOKE = ("--steps=4", "--steps_per_epoch=2", "--batch_size=2", "--warmup_steps=1")

IOU = ("--regression_loss=least_square_iou", "--regression_weight=1")
RCNN = "--detector=GroupedFastRCNN"
OF_RCNN = ("--proposals=64", "--proposal_samples=16", "--roi_size=5", "--units=128")


@dataclass(frozen=True)
class Setting:
    """Flags of a run beside those of `CONFIG`, the tables it is for, and how many seeds it has."""

    name: str
    tables: str
    flags: tuple[str, ...]
    seeds: int = 1


SETTINGS = (
    Setting(BASELINE, "1,2,4", ("--sampler=random",), seeds=2),
    Setting("RPN", "1", ("--variant=rpn", "--sampler=random")),
    Setting("FPN", "1,2", ("--variant=fpn", "--sampler=random")),
    Setting("FPN-finest-stride", "1", ("--variant=finest_stride", "--sampler=random")),
    Setting("FPN-finest-sampling", "1,2,3,4,5", ("--sampler=group",), seeds=2),
    Setting("FPN, GS", "2", ("--variant=fpn", "--sampler=group")),
    *(
        Setting(
            f"{feature}{', GS' * (sampler == 'group')}",
            "2",
            (f"--feature={feature}", f"--sampler={sampler}"),
        )
        for feature in ("P3", "P4", "C3", "C4")
        for sampler in ("random", "group")
    ),
    Setting("-ln IoU", "3", ("--sampler=group", "--regression_loss=iou", IOU[1])),
    Setting("least square IoU", "3", ("--sampler=group", *IOU)),
    Setting("OHEM", "4", ("--sampler=ohem", "--ohem_samples=256")),
    Setting("focal loss", "4", ("--sampler=focal",)),
    Setting("+Fast R-CNN", "5", (RCNN, *OF_RCNN, "--proposal_sampler=random")),
    Setting("+IoU loss", "5", (RCNN, *OF_RCNN, "--proposal_sampler=random", *IOU)),
    Setting(BEST, "5", (RCNN, *OF_RCNN, "--proposal_sampler=group", *IOU), seeds=2),
    *(
        Setting(f"{name}, N {count}", "figure 4", (*flags, f"--group_samples={count}"))
        for name, flags in (
            ("FPN-finest-sampling", ("--sampler=group",)),
            (BASELINE, ("--sampler=random",)),
            ("FPN", ("--variant=fpn", "--sampler=random")),
        )
        for count in (16, 32, 128, 256)
    ),
)
"""All but those of FBI; N of `CONFIG` is 64."""

FINE_TUNED = ("--initial_weights=fbi-half", "--learning_rate=0.005", "--mining_steps=0")
"""From nothing FBI stays at one score for all anchors with three negatives for a face: an AP of 0.2
after 1,000 steps of 192 pixels, where hard negatives, 200 a face at first, have 23.7 on easy."""

GROUPS_OF_FBI = ("--sampler=group", "--group_samples=128")

OF_FBI = tuple(
    Setting(f"FBI-1/2, {name}", "fbi", flags)
    for name, flags in (
        ("hard negatives", ("--sampler=hard_negatives",)),
        ("group sampling", (*GROUPS_OF_FBI, "--regression_weight=0.1")),
        ("group sampling, IoU", (*GROUPS_OF_FBI, *IOU)),
    )
)


def flags_of(setting: Setting) -> list[str]:
    """The flags of `train.main` for it."""
    if setting not in OF_FBI:
        # The detector of the configuration, unless another one follows.
        return [f"--flagfile={CONFIG}", *setting.flags]
    return ["--flagfile=train/configs/fbi-half.flags", *FINE_TUNED, *setting.flags]


def runs(options: argparse.Namespace) -> Iterator[tuple[Setting, int, Path]]:
    """Setting, seed and folder of every run; all settings with one seed come first."""
    wanted = [
        one
        for one in (*SETTINGS, *OF_FBI)
        if (options.settings is None or one.name in options.settings)
        and (options.tables is None or set(options.tables) & set(one.tables.split(",")))
    ]
    if not wanted:
        names = "; ".join(one.name for one in (*SETTINGS, *OF_FBI))
        raise ValueError(f"expected settings of {names}, got none of them")
    for seed in range(max(setting.seeds for setting in wanted)):
        for setting in wanted:
            if seed < setting.seeds:
                yield setting, seed, run_folder(options.output, setting.name, seed)


def train(options: argparse.Namespace) -> None:
    """Makes the runs, or goes on with those that were ended."""
    for setting, seed, folder in runs(options):
        arguments = [
            *flags_of(setting),
            f"--train_records={options.records}",
            f"--seed={seed}",
            *options.flags,
            *(SMOKE if options.smoke else ()),
        ]
        make_run(folder, arguments, options.seconds)


def measure(options: argparse.Namespace) -> None:
    """Detects with every finished run, by all anchors and by those of each scale."""
    for setting, seed, folder in runs(options):
        model, result = folder / "final.keras", folder / "result.json"
        if result.is_file() or not model.is_file():
            continue
        curves = evaluate_by_scale(
            load_detector(model), options.data, options.long_side, progress=True
        )
        found = {name: round(100 * curve.average_precision, 2) for name, curve in curves.items()}
        write_json(
            result,
            {"setting": setting.name, "tables": setting.tables, "seed": seed, **found},
        )
        print(result, found, flush=True)


def table(options: argparse.Namespace) -> None:
    """Prints what there is of results, and how far two seeds of a setting are apart."""
    rows = results(folder for _, _, folder in runs(options))
    print_results(rows, ("all",))
    if options.csv:
        names = dict.fromkeys(name for row in rows for name in row)
        rows = [{name: row.get(name, "") for name in names} for row in rows]  # FBI has other scales
        write_csv(options.csv, rows, f"{CONFIG}, WIDER FACE validation, long side of the test size")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    by_name = add_commands(parser, (train, measure, table), "runs/group-sampling-study")
    for command in by_name.values():
        command.add_argument(
            "--settings",
            type=lambda text: text.split(";"),
            help="by name, with semicolons between; default: all",
        )
        command.add_argument(
            "--tables",
            type=lambda text: text.split(","),
            help="1 to 5, figure 4, fbi; with commas between; default: all",
        )
    by_name["train"].add_argument("--smoke", action="store_true", help="four steps of each")
    return parser.parse_args(arguments)


def main() -> int:
    options = parse()
    return exit_status(lambda: options.run(options))


if __name__ == "__main__":
    sys.exit(main())
