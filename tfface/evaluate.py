"""Evaluates a detector on WIDER FACE with the official protocol.

    python -m tfface.evaluate --model fbi-1 --data DIR --long_side 640 --json result.json

`DIR` holds `WIDER_val/images` and `ground_truth/*.mat`; without `--data` it is
`$TFFACE_DATA/widerface`. Only pictures that are present are evaluated, and their number is part of
the result.
"""

import argparse
import hashlib
import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import tfface
from tfface.evaluation.curves import Curve, format_table, plot_curves
from tfface.evaluation.runner import (
    SCORE_THRESHOLD,
    DetectionRun,
    WiderSet,
    detect_pictures,
    open_wider,
)
from tfface.evaluation.wider import evaluate_wider
from tfface.evaluation.wider_files import write_predictions
from tfface.files import atomic_path
from tfface.presets import PRESETS

PROTOCOL = "WIDER FACE validation, official (IoU 0.5, 1000 thresholds), single scale"

_PACKAGES = ("tfface", "numpy", "opencv-python-headless", "ai-edge-litert", "tensorflow", "keras")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line `arguments`; returns its exit code, 2 for what the caller got wrong."""
    options = _parser().parse_args(arguments)
    try:
        wider = open_wider(_dataset_dir(options.data))
        detector = tfface.FaceDetector.from_preset(options.model, threads=options.threads)
        run = detect_pictures(
            detector,
            wider.image_root,
            wider.ground_truth,
            options.long_side,
            options.scale,
            options.threshold,
            progress=True,
        )
    except (OSError, ValueError, ImportError) as error:
        print(f"tfface.evaluate: {error}", file=sys.stderr)
        return 2
    curves = evaluate_wider(run.predictions, wider.ground_truth)
    print(_heading(options, wider))
    print(format_table(curves))
    if options.json:
        report = _report(options, wider, run, curves)
        with atomic_path(options.json) as temporary:
            temporary.write_text(json.dumps(report, indent=1) + "\n")
    if options.plot:
        plot_curves(curves, options.plot, _heading(options, wider))
    if options.predictions:
        write_predictions(run.predictions, options.predictions)
    return 0


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, or of the names and contents of all files of a folder, as hex."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        digest.update(f"{file.relative_to(path).as_posix()}\n{sha256_of(file)}\n".encode())
    return digest.hexdigest()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tfface.evaluate", description="Evaluate a face detector on WIDER FACE."
    )
    parser.add_argument(
        "--model",
        required=True,
        help="name of a preset, or path of a .tflite, SavedModel or .keras",
    )
    parser.add_argument("--dataset", choices=["wider"], default="wider")
    parser.add_argument(
        "--data", type=Path, help="folder of the data set; default: $TFFACE_DATA/widerface"
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--long_side",
        type=_pixels,
        default=0,
        help="resize every picture, also up, to this long side in pixels; 0: its own size",
    )
    size.add_argument(
        "--scale", type=_factor, default=1.0, help="resize every picture by this factor"
    )
    parser.add_argument(
        "--threshold",
        type=float,
        default=SCORE_THRESHOLD,
        help="lowest score that is kept; a high one lowers the result (default: %(default)s)",
    )
    parser.add_argument("--threads", type=int, default=1, help="threads of the runtime")
    parser.add_argument("--json", type=Path, help="file for the result with all its conditions")
    parser.add_argument("--plot", type=Path, help="PNG file for the precision-recall curves")
    parser.add_argument(
        "--predictions", type=Path, help="folder for the detections in the official layout"
    )
    return parser


def _pixels(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected pixels, 0 or more, got {text!r}")
    return int(text)


def _factor(text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0 < factor < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a factor above 0, such as 2, got {text!r}")
    return factor


def _dataset_dir(given: Path | None) -> Path:
    if given is not None:
        return given
    if "TFFACE_DATA" not in os.environ:
        raise ValueError(
            "expected the folder of the data set, got none; give --data or set TFFACE_DATA to the "
            "folder that holds widerface"
        )
    return Path(os.environ["TFFACE_DATA"]) / "widerface"


def _test_size(options: argparse.Namespace) -> str:
    if options.long_side:
        return f"long side {options.long_side}"
    return "original size" if options.scale == 1 else f"{options.scale:g} x original size"


def _heading(options: argparse.Namespace, wider: WiderSet) -> str:
    return (
        f"{Path(options.model).name}, {_test_size(options)}, score threshold "
        f"{options.threshold:g}\n{PROTOCOL}\n{len(wider.ground_truth)} of {wider.listed} pictures"
    )


def _report(
    options: argparse.Namespace, wider: WiderSet, run: DetectionRun, curves: Mapping[str, Curve]
) -> dict:
    """Everything one needs to compare or repeat the result, ready for JSON."""
    return {
        "protocol": PROTOCOL,
        "model": {"name": options.model, "sha256": _model_checksum(options.model)},
        "test_size": _test_size(options),
        "long_side": options.long_side,
        "scale": options.scale,
        "threshold": options.threshold,
        "threads": options.threads,
        "pictures": {"evaluated": len(wider.ground_truth), "listed": wider.listed},
        "seconds_per_picture": run.seconds.mean(),
        "machine": {"platform": platform.platform(), "processor": platform.machine()},
        "versions": {"python": platform.python_version(), **_versions()},
        "curves": {setting: curve.to_json() for setting, curve in curves.items()},
    }


def _model_checksum(model: str) -> str:
    return PRESETS[model].sha256 if model in PRESETS else sha256_of(Path(model))


def _versions() -> dict[str, str]:
    """Versions of the packages that have a part in the result, where they are installed."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


if __name__ == "__main__":
    sys.exit(main())
