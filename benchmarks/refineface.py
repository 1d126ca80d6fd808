"""What the modules of RefineFace bring: Tables 1, 3 and 5, at the scale that a machine allows.

    python -m benchmarks.refineface train --records 'records/train-*.tfrecord' --seconds 3600
    python -m benchmarks.refineface measure --data DIR
    python -m benchmarks.refineface balance --records 'records/train-*.tfrecord'
    python -m benchmarks.refineface table --csv refineface.csv

`train` makes the runs one after the other, with the same data, schedule and seed; `--seconds` ends
each after that time with its state saved, `--flags` gives all of them further flags. Started again,
every command goes on where it was: what is done is not repeated. DIR is the folder of WIDER FACE.
The figure of scores by scale is drawn by `python -m benchmarks.refineface_figure`.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import numpy as np

    from benchmarks.studies import add_commands, make_run, print_results, results, run_folder
    from benchmarks.tables import write_csv
    from tfface.command_line import CommandParser, exit_status
    from tfface.command_options import positive
    from tfface.evaluation.curves import RECALLS
    from tfface.evaluation.runner import detect_pictures
    from tfface.evaluation.wider import evaluate_by_overlap, evaluate_wider
    from tfface.evaluation.wider_files import open_wider
    from tfface.files import atomic_path, write_json
    from tfface.predict.face_detector import FaceDetector

CONFIG = "train/configs/refineface-reduced.flags"
WITHOUT = {
    "STR": "--two_step_regression=",
    "STC": "--two_step_classification=",
    "RFE": "--noreceptive_field_enhancement",
    "SML": "--margin=0",
    "FSM": "--nofeature_supervision",
}
"""What leaves each module out."""


@dataclass(frozen=True)
class Setting:
    """Modules of a run, how many seeds it has, and flags beside."""

    name: str
    modules: tuple[str, ...] = ()
    seeds: int = 1
    flags: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        """The flags of `train.main` for it."""
        missing = [flag for module, flag in WITHOUT.items() if module not in self.modules]
        return [*missing, *self.flags]


SETTINGS = (
    Setting("baseline", seeds=2),
    Setting("all", tuple(WITHOUT), seeds=2),
    *(Setting(f"+{module}", (module,)) for module in WITHOUT),
    Setting("STR+STC", ("STR", "STC")),
    # Equation 3 takes the margin from all logits; the losses that it comes from, from one class.
    Setting("+SML of faces", ("SML",), flags=("--margin_samples=faces",)),
)


def runs(options: argparse.Namespace) -> list[tuple[Setting, int, Path]]:
    """Setting, seed and folder of every run; all settings with one seed come first."""
    wanted = [one for one in SETTINGS if options.settings is None or one.name in options.settings]
    return [
        (setting, seed, run_folder(options.output, setting.name, seed))
        for seed in range(max((setting.seeds for setting in wanted), default=0))
        for setting in wanted
        if seed < setting.seeds
    ]


def train(options: argparse.Namespace) -> None:
    """Makes the runs, or goes on with those that were ended."""
    for setting, seed, folder in runs(options):
        arguments = [
            f"--flagfile={CONFIG}",
            f"--train_records={options.records}",
            f"--seed={seed}",
            *setting.arguments(),
            *options.flags,
        ]
        make_run(folder, arguments, options.seconds)


def measure(options: argparse.Namespace) -> None:
    """Detects with every finished run, and writes what it reaches beside it."""
    wider = open_wider(options.data)
    for setting, seed, folder in runs(options):
        model, result = folder / "final.keras", folder / "result.json"
        if result.is_file() or not model.is_file():
            continue
        detector = FaceDetector.from_preset(model)
        run = detect_pictures(
            detector, wider.image_root, wider.ground_truth, options.long_side, progress=True
        )
        with atomic_path(folder / "predictions.npz") as temporary:
            np.savez_compressed(temporary, **run.predictions)  # type: ignore[arg-type]
        found = judge(run.predictions, wider.ground_truth)
        write_json(result, {"setting": setting.name, "seed": seed, **found})
        print(result, found, flush=True)


def judge(predictions: Mapping[str, np.ndarray], ground_truth: Mapping[str, Any]) -> dict[str, Any]:
    """AP in percent by setting and by overlap, and false positives by recall."""
    usual = evaluate_wider(predictions, ground_truth)
    curves = usual | evaluate_by_overlap(predictions, ground_truth)
    return {
        **{name: round(100 * curve.average_precision, 2) for name, curve in curves.items()},
        **{
            f"false at {100 * recall:.0f} %": usual["hard"].false_positives_at(recall)
            for recall in RECALLS
        },
    }


def balance(options: argparse.Namespace) -> None:
    """Negatives for each positive among the anchors of STC, before and after the first step."""
    import keras

    from tfface.data.augmentation import Augmentation
    from tfface.data.pipeline import training_batches
    from tfface.detectors.loading import load_detector
    from train.batches import matching_files

    records = matching_files([options.records])
    for setting, _, folder in runs(options):
        if "STC" not in setting.modules or not (folder / "final.keras").is_file():
            continue
        detector = load_detector(folder / "final.keras")
        crops = Augmentation(options.image_size, crop_probability=1.0, expansion_probability=0.0)
        batches = training_batches(records, detector.make_targets, crops, 2, seed=0)
        counts = np.zeros((2, 2))  # before and after; positives and negatives
        anchors = detector.steps.anchors_of(
            detector.steps.classified, options.image_size, options.image_size
        )
        for images, targets in batches.take(options.batches):
            maps = detector.inference_maps(detector.normalize(images))
            separate = detector.steps.separate(maps, detector.filter_logit)
            labels = keras.ops.convert_to_numpy(targets["labels"])[:, anchors]
            remaining = keras.ops.convert_to_numpy(separate["remaining"])[:, anchors]
            for row, counted in enumerate((np.ones_like(remaining), remaining)):
                counts[row] += [np.sum(counted & (labels == label)) for label in (1, 0)]
        before, after = (negatives / max(positives, 1) for positives, negatives in counts)
        lost = 1 - counts[1, 0] / max(counts[0, 0], 1)
        without = f"{100 * lost:.1f} % of positives left out"
        print(f"{folder.name}: 1:{before:.0f} to 1:{after:.0f}; {without}")
        write_json(folder / "balance.json", {"before": before, "after": after, "lost": lost})


def table(options: argparse.Namespace) -> None:
    """Prints what there is of results, and the spread of settings with two seeds."""
    rows = results(folder for _, _, folder in runs(options))
    print_results(rows, ("easy", "medium", "hard"))
    if options.csv:
        write_csv(options.csv, rows, f"{CONFIG}, WIDER FACE validation, long side of the test size")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    by_name = add_commands(parser, (train, measure, balance, table), "runs/refineface-study")
    for command in by_name.values():
        command.add_argument(
            "--settings",
            type=lambda text: text.split(","),
            help=f"of {', '.join(one.name for one in SETTINGS)}; with commas between; default: all",
        )
    by_name["balance"].add_argument("--records", required=True, help="TFRecord files; a glob")
    by_name["balance"].add_argument("--image_size", type=positive, default=512)
    by_name["balance"].add_argument("--batches", type=int, default=100, help="of 2 images")
    return parser.parse_args(arguments)


def main() -> int:
    options = parse()
    return exit_status(lambda: options.run(options))


if __name__ == "__main__":
    sys.exit(main())
