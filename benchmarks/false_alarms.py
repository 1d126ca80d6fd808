"""False alarms a picture, by kind of picture and by score.

    python -m benchmarks.false_alarms fbi-1 fbi-half yunet_n --pictures DIR --peers DIR

Every box on a picture of `--pictures` is one too many; the kind is what the file's name says before
the first underscore. The pictures of nothing (`benchmarks.nothing`) are made here, each in five
sizes. `--csv` writes the table, too.
"""

import argparse
import datetime
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from benchmarks.detector_options import add_detector_options
from benchmarks.nothing import NOTHING, SIZES
from benchmarks.tables import write_csv
from measure.peers import open_detector
from tfface.command_line import CommandParser, run_command
from tfface.evaluation.false_alarms import THRESHOLDS, count_false_alarms
from tfface.files import check_file
from tfface.image import read_image
from tfface.picture_files import find_pictures
from tfface.rgb import Image


def pictures(folder: Path | None) -> Iterator[tuple[str, Image]]:
    """Kind and picture: those of nothing, and those of a folder."""
    for make in NOTHING.values():
        for size in SIZES:
            yield "nothing", make(size)
    for path in find_pictures([folder]).pictures if folder else ():
        yield path.stem.split("_")[0], read_image(path)


def run(options: argparse.Namespace) -> None:
    """Counts as the options say, and prints and writes the table."""
    if options.csv:
        check_file(options.csv)
    size = "default long side" if options.long_side is None else f"long side {options.long_side}"
    setting = f"boxes a picture, {size}, {options.precision} presets, {datetime.date.today()}"
    print(f"{setting}; at {', '.join(map(str, THRESHOLDS))}")
    detectors = {
        Path(model).name: open_detector(model, options.peers, precision=options.precision)
        for model in options.models
    }
    rows = []
    for name, detector in detectors.items():
        progress = tqdm(pictures(options.pictures), desc=name, unit="picture", leave=False)
        for kind, alarms in count_false_alarms(detector, progress, options.long_side).items():
            print(f"{name:20} {kind:12}" + "".join(f"{mean:8.2f}" for mean in alarms.boxes))
            by_threshold = zip(THRESHOLDS, alarms.boxes, strict=True)
            rows.append(
                {"detector": name, "kind": kind, "pictures": alarms.pictures}
                | {f"at {threshold}": f"{mean:.4f}" for threshold, mean in by_threshold}
            )
    if options.csv:
        write_csv(options.csv, rows, setting)


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    add_detector_options(parser)
    parser.add_argument("--pictures", type=Path, help="folder of pictures without a face")
    parser.add_argument(
        "--long_side", type=int, help="as of FaceDetector.detect (default: its default)"
    )
    parser.add_argument("--csv", type=Path, help="file for the table")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    return run_command(_parser(), run, arguments)


if __name__ == "__main__":
    sys.exit(main())
