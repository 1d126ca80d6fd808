"""Converts detectors to every precision and says what each costs: one table, one verdict.

    python -m measure.report fbi-1 fbi-half --output deploy --data DIR --long_side 640

`--data` is the folder of WIDER FACE, with `WIDER_val` and `ground_truth` to measure on, and with
`WIDER_train` to calibrate on if it is there; default: widerface in $TFFACE_DATA. Without data the
files are written and timed, and how accurate they are stays open.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import numpy as np

    from convert.metadata import model_name
    from convert.pictures import calibration_pictures, parity_pictures, training_pictures
    from convert.quantization import CALIBRATED, PRECISIONS
    from measure.conditions import conditions
    from tfface.command_line import CommandParser, run_command, stream_beside
    from tfface.command_options import add_pixel_option, positive, thread_counts, width_by_height
    from tfface.evaluation.wider import SETTINGS
    from tfface.files import check_file, write_json

LARGEST_DROP = {
    "float32": 0.0,
    "float16": 0.1,
    "dynamic": 0.5,
    "int8": 1.0,
    "int16x8": 1.0,
}
"""Points of average precision that a file may lose to float32, in every setting."""

PARITY_PICTURES = 20
"""Pictures of the evaluation set on which every file is compared with its detector."""


@dataclass(frozen=True)
class Data:
    """Where pictures come from; None where there are none.

    Attributes:
        evaluation: folder of WIDER FACE.
        calibration: folder of pictures to calibrate on.
        parity: folder of pictures to compare file and detector on.
    """

    evaluation: Path | None
    calibration: str | None
    parity: str | None

    @classmethod
    def find(cls, folder: Path | None) -> "Data":
        """What there is of WIDER FACE in `folder`."""
        if folder is None:
            return cls(None, None, None)
        return cls(folder, training_pictures(folder), str(folder / "WIDER_val" / "images"))


def write_files(models: Sequence[str], output: Path, data: Data) -> list[dict[str, Any]]:
    """Writes a TFLite file of every model in every precision into the folder `output`.

    Returns:
        A row for each: `model`, `precision`, `file`, and `parity`, how far it is from its detector.

    Raises:
        ValueError: two models would have files of the same names.
        ValueError, OSError: as `convert.writers.write_tflite`.
    """
    names = _file_names(models)
    with optional_packages("train"):
        from convert.writers import Conversion, Form, write_tflite
        from tfface.detectors.loading import load_detector

    images = parity_pictures(data.parity, None, PARITY_PICTURES)
    calibration = calibration_pictures(data.calibration, None)
    rows = []
    for model, name in zip(models, names, strict=True):
        conversion = Conversion(load_detector(model), model, images)
        for precision in PRECISIONS:
            path = output / f"{name}-{precision}.tflite"
            form = Form(precision, calibration if precision in CALIBRATED else ())
            parity = write_tflite(conversion, path, form)
            print(f"{path}: {parity}", flush=True)
            rows.append(
                {"model": model, "precision": precision, "file": str(path), "parity": str(parity)}
            )
    return rows


def _file_names(models: Sequence[str]) -> list[str]:
    """What the files of every model begin with: its preset, its folder, or its file's stem."""
    names = [model_name(model) for model in models]
    if len({name.lower() for name in names}) < len(names):  # case counts for nothing on some disks
        raise ValueError(
            f"expected models of different names, after which files are called, got "
            f"{', '.join(names)}; rename a file or folder, or give each an --output of its own"
        )
    return names


def measure_accuracy(path: str, data: Data, long_side: int) -> dict[str, float]:
    """Average precision of a file in percent, by setting of WIDER FACE."""
    with optional_packages("evaluate"):
        from tfface.evaluation.runner import evaluate_detector
        from tfface.predict.face_detector import FaceDetector

    if data.evaluation is None:
        return {}
    curves = evaluate_detector(
        FaceDetector.from_preset(path), data.evaluation, long_side, progress=True
    )
    return {name: 100 * curve.average_precision for name, curve in curves.items()}


def measure_speed(
    rows: Sequence[Mapping[str, Any]], options: argparse.Namespace
) -> list[dict[str, Any]]:
    """Bytes, and medians in milliseconds by number of threads, of every file; taking turns."""
    with optional_packages("evaluate"):
        from measure.benchmark import detection_times
        from measure.contestants import Contestant, picture_with_faces

    contestants = [Contestant(row["file"], row["file"]) for row in rows]
    image = picture_with_faces(options.size)
    by_threads = {
        threads: detection_times(contestants, threads, image, options.rounds)
        for threads in options.threads
    }
    return [
        {
            "bytes": contestant.file_bytes(),
            "ms": {
                str(threads): round(float(np.median(times[index])), 3)
                for threads, times in by_threads.items()
            },
        }
        for index, contestant in enumerate(contestants)
    ]


def judge(row: Mapping[str, Any], float32: Mapping[str, Any]) -> str:
    """Whether a file may take the place of the float32 one of its model.

    Args:
        row: with `precision`, `average_precision` by setting, empty if unknown, and `ms` by number
            of threads.
        float32: the same of the float32 file.
    """
    if not row["average_precision"]:
        return "accuracy unknown"
    gain = min(
        row["average_precision"][name] - float32["average_precision"][name] for name in SETTINGS
    )
    # As published: what rounds to the limit is within it.
    within = round(gain, 1) >= -LARGEST_DROP[row["precision"]]
    slower = row["precision"] != "float32" and all(
        row["ms"][threads] > 1.1 * float32["ms"][threads] for threads in row["ms"]
    )
    verdict = f"{'ok' if within else 'LOSES TOO MUCH'} ({gain:+.1f})"
    return f"{verdict}, slower" if slower else verdict


def run(options: argparse.Namespace) -> dict[str, Any]:
    """The report: `conditions`, and `results`, a row for each file with all its numbers."""
    from measure.anatomy import inspect_file

    data = Data.find(options.data)
    rows = write_files(options.models, options.output, data)
    for row in rows:
        row["average_precision"] = measure_accuracy(row["file"], data, options.long_side)
        delegation = inspect_file(row["file"], (options.size[0], options.size[1]))["delegation"]
        row["partitions"] = delegation["partitions"]
        row["not_delegated"] = delegation["not_delegated"]
    for row, speed in zip(rows, measure_speed(rows, options), strict=True):
        row |= speed
    exact = {row["model"]: row for row in rows if row["precision"] == "float32"}
    for row in rows:
        row["verdict"] = judge(row, exact[row["model"]])
    height, width = options.size
    return {
        "conditions": {
            **conditions(),
            "picture": {"width": width, "height": height},
            "rounds": options.rounds,
            "long_side": options.long_side,
            "evaluated": data.evaluation is not None,
        },
        "results": rows,
    }


def format_table(report: Mapping[str, Any]) -> str:
    """The report of `run` as a Markdown table, with its conditions."""
    setting, rows = report["conditions"], report["results"]
    picture = setting["picture"]
    columns = [f"ms, threads: {threads}" for threads in rows[0]["ms"]]
    header = ["file", "KB", "easy / medium / hard", *columns, "XNNPACK", "verdict"]
    lines = [f"| {' | '.join(header)} |", "|---" * len(header) + "|"]
    for row in rows:
        precision = row["average_precision"]
        cells = [
            Path(row["file"]).name,
            f"{row['bytes'] / 1e3:.0f}",
            " / ".join(f"{precision[name]:.1f}" for name in SETTINGS) if precision else "",
            *(f"{milliseconds:.2f}" for milliseconds in row["ms"].values()),
            " + ".join(map(str, row["partitions"])),
            row["verdict"],
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(
        [
            *lines,
            "",
            f"Average precision in percent on the WIDER FACE validation pictures present, official "
            f"protocol, long side {setting['long_side']}. Median milliseconds from picture to "
            f"boxes, {picture['width']}x{picture['height']}, {setting['rounds']} rounds taking "
            f"turns, {setting['processor']}, {setting['usable_cores']} cores, {setting['date']}. "
            "XNNPACK: operators in each of its partitions.",
        ]
    )


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="python -m measure.report",
        description="Converts detectors to every precision and says what each costs.",
    )
    parser.add_argument("models", nargs="+", metavar="MODEL", help="preset, .keras file or run")
    parser.add_argument("--output", type=Path, default=Path("runs/deploy"), help="folder of files")
    parser.add_argument("--data", type=Path, help="folder of WIDER FACE")
    parser.add_argument("--long_side", type=positive, default=640, help="test size, in pixels")
    parser.add_argument("--threads", type=thread_counts, default="1,2", metavar="N,N,...")
    parser.add_argument(
        "--size", type=width_by_height, default="640x480", help="WIDTHxHEIGHT of the timed picture"
    )
    parser.add_argument("--rounds", type=positive, default="100", help="detections that count")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all numbers there")
    add_pixel_option(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status, 1 too where a file loses too much."""
    return run_command(_parser(), _report, arguments)


def _report(options: argparse.Namespace) -> int:
    if options.data is None and "TFFACE_DATA" in os.environ:
        options.data = Path(os.environ["TFFACE_DATA"]) / "widerface"
    if options.json:
        check_file(options.json)
    report = run(options)
    if options.json:
        write_json(options.json, report)
    print(format_table(report), file=stream_beside(options.json))
    return int(any("LOSES" in row["verdict"] for row in report["results"]))


if __name__ == "__main__":
    sys.exit(main())
