"""Writes the TFLite files of the presets from their `.keras` files, and the list of checksums.

    python -m convert.presets
    python -m convert.presets fbi-1 --calibration_images=DIR

Without names all presets are written, each in every precision of `tfface.packaged.PRECISIONS`.
"""

import hashlib
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from tfface.command_line import CommandParser, run_command
from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    from convert.pictures import calibration_pictures, parity_pictures, training_pictures
    from convert.quantization import CALIBRATED
    from convert.writers import Conversion, Form, write_tflite
    from tfface.detectors.loading import load_detector
    from tfface.files import atomic_path
    from tfface.packaged import CHECKSUMS, PRECISIONS, WEIGHTS, file_name
    from tfface.presets import PRESETS, find_preset


def write_preset(name: str, folder: Path, calibration_images: str) -> None:
    """Writes the files of one preset into `folder`.

    Args:
        name: of the preset, whose `.keras` file is in the package.
        folder: for the TFLite files.
        calibration_images: folder of pictures that set the ranges of int8.

    Raises:
        ValueError, OSError: as `convert.writers.write_tflite`.
    """
    conversion = Conversion(load_detector(name), name, parity_pictures(None, None))
    for precision in PRECISIONS:
        calibrated = precision in CALIBRATED
        pictures = calibration_pictures(calibration_images, None) if calibrated else ()
        path = folder / file_name(name, precision)
        parity = write_tflite(conversion, path, Form(precision, pictures))
        print(f"{path}: {parity}", flush=True)


def write_checksums(folder: Path) -> None:
    """Writes `CHECKSUMS` for the TFLite files in `folder`."""
    lines = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n"
        for file in sorted(folder.glob("*.tflite"))
    ]
    with atomic_path(folder / CHECKSUMS) as temporary:
        temporary.write_text("".join(lines))


def calibration_folder(named: str | None) -> str:
    """The folder named, else that of the training pictures of WIDER FACE in $TFFACE_DATA.

    Raises:
        ValueError: there is neither: other pictures would make other files.
    """
    data = os.environ.get("TFFACE_DATA")
    found = named or (training_pictures(Path(data) / "widerface") if data else None)
    if found is None:
        raise ValueError(
            "expected pictures to calibrate int8 on, got none; name the folder of the training "
            "pictures by --calibration_images, or that of widerface by $TFFACE_DATA"
        )
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    parser = CommandParser(
        prog="python -m convert.presets", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="presets (default: all)")
    parser.add_argument("--calibration_images", metavar="DIR", help="pictures that set ranges")
    parser.add_argument(
        "--output", type=Path, default=Path(str(WEIGHTS)), help="folder (default: the package's)"
    )
    return run_command(parser, run, arguments)


def run(options: Namespace) -> None:
    """Writes the presets that the options name, and the checksums.

    Raises:
        ValueError, OSError: no such preset, no pictures to calibrate on, or as `write_preset`.
    """
    pictures = calibration_folder(options.calibration_images)
    for name in [find_preset(name).name for name in options.names] or PRESETS:
        write_preset(name, options.output, pictures)
    write_checksums(options.output)


if __name__ == "__main__":
    sys.exit(main())
