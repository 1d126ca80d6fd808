"""Accuracy against milliseconds: every preset, precision and peer at several sizes, in one run.

    python -m benchmarks.pareto --peers DIR --data DIR --sizes 320,480,640,1024

Accuracy is average precision by the official WIDER FACE protocol on the validation pictures
present, their long side scaled to each size. Milliseconds are those from a 4:3 picture with faces,
of that long side, to boxes, one thread; all take turns, and the median counts. Accuracies are kept
by the checksum of the file in --accuracies, so that a run that was broken off goes on.
"""

import argparse
import datetime
import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tfface.command_line import CommandParser
from tfface.predict.packages import optional_packages

with optional_packages("evaluate,dev", __name__):
    import cv2
    import numpy as np

    from benchmarks.pareto_plot import plot
    from benchmarks.tables import write_csv
    from measure.conditions import processor
    from measure.contestants import picture_with_faces
    from measure.peers import PEERS, open_detector
    from measure.timing import THRESHOLD, WARM_UP_ROUNDS, take_turns
    from tfface.evaluation.runner import PictureDetector, evaluate_detector
    from tfface.evaluation.wider import SETTINGS
    from tfface.files import write_json
    from tfface.presets import PRESETS


@dataclass(frozen=True)
class Competitor:
    """A detector in one precision.

    Attributes:
        name: in table and plot.
        model: key of `PRESETS` or of `measure.peers.PEERS`.
        precision: of a preset; None for a peer.
        sha256: of its file.
    """

    name: str
    model: str
    precision: str | None
    sha256: str

    def open(self, peers: Path | None) -> PictureDetector:
        """The detector, with one thread; a peer in its fastest runtime."""
        if self.precision is None:
            return open_detector(self.model, peers)
        return open_detector(self.model, peers, precision=self.precision)


def competitors(peers: Path | None) -> list[Competitor]:
    """Every preset in every precision, and the peers whose weights are in the folder `peers`.

    Raises:
        FileNotFoundError: weights of a peer are not there.
    """
    found = [
        Competitor(f"{name} {precision}", name, precision, file.sha256)
        for name, preset in PRESETS.items()
        for precision, file in preset.files.items()
    ]
    for name, (_, file_name) in PEERS.items() if peers else ():
        content = (Path(peers or ".") / file_name).read_bytes()
        found.append(Competitor(f"{name} (peer)", name, None, hashlib.sha256(content).hexdigest()))
    return found


class Accuracies:
    """Average precisions in percent, by setting, kept in a file.

    Args:
        path: JSON; it need not exist.
        data: folder of WIDER FACE.
    """

    def __init__(self, path: Path, data: Path) -> None:
        self._path, self._data = path, data
        self._known = json.loads(path.read_text()) if path.is_file() else {}

    def of(self, competitor: Competitor, peers: Path | None, size: int) -> dict[str, float]:
        """Of a detector at a long side; measured where it is not known."""
        key = f"{competitor.sha256} at {size}"
        if key not in self._known:
            curves = evaluate_detector(competitor.open(peers), self._data, size, progress=True)
            self._known[key] = {
                name: 100 * curve.average_precision for name, curve in curves.items()
            }
            write_json(self._path, self._known)
        return self._known[key]


def milliseconds(
    contestants: Sequence[Competitor], peers: Path | None, size: int, rounds: int
) -> list[float]:
    """Medians from a picture of `size` x 3/4 `size` pixels to its boxes; all take turns."""
    cv2.setNumThreads(1)
    image = picture_with_faces((size * 3 // 4, size))
    calls = [
        partial(entry.open(peers).detect, image, threshold=THRESHOLD, long_side=0)
        for entry in contestants
    ]
    return [float(ms) for ms in np.median(take_turns(calls, rounds, WARM_UP_ROUNDS), axis=1)]


def best(rows: Sequence[Mapping[str, Any]]) -> list[bool]:
    """For each row whether no other is at least as fast and as accurate in every setting."""

    def beaten(row: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        gains = [row["ms"] - other["ms"], *(other[name] - row[name] for name in SETTINGS)]
        return min(gains) >= 0 and max(gains) > 0

    return [not any(beaten(row, other) for other in rows) for row in rows]


def format_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """A Markdown table, the fastest first; what nothing beats is bold."""
    timed = all("ms" in row for row in rows)
    complete = timed and all(SETTINGS[0] in row for row in rows)
    front = best(rows) if complete else [False] * len(rows)
    entries = sorted(zip(rows, front, strict=True), key=lambda entry: entry[0].get("ms", 0))
    lines = ["| detector | long side | ms | easy / medium / hard |", "|---|---|---|---|"]
    for row, leads in entries:
        name = f"**{row['detector']}**" if leads else row["detector"]
        ms = f"{row['ms']:.2f}" if "ms" in row else ""
        accuracy = " / ".join(f"{row[name]:.1f}" for name in SETTINGS if name in row)
        lines.append(f"| {name} | {row['long side']} | {ms} | {accuracy} |")
    return "\n".join(lines)


def sizes(text: str) -> list[int]:
    """Long sides of `320,640`: multiples of 4, so that a 4:3 picture has whole sides."""
    try:
        found = [int(part) for part in text.split(",")]
    except ValueError:
        found = []
    if not found or any(size < 4 or size % 4 for size in found):
        raise argparse.ArgumentTypeError(f"expected long sides such as 320,640, got {text!r}")
    return found


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peers", type=Path, help="folder of the peers' weight files")
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("TFFACE_DATA", ".")) / "widerface"
    )
    parser.add_argument("--sizes", type=sizes, default="320,480,640,1024", metavar="PIXELS,...")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--only", choices=("accuracy", "latency"), help="default: both")
    parser.add_argument("--accuracies", type=Path, default=Path("runs/pareto/accuracies.json"))
    parser.add_argument("--csv", type=Path, default=Path("runs/pareto/pareto.csv"))
    parser.add_argument("--plot", type=Path, default=Path("runs/pareto/pareto.png"))
    return parser


def run(options: argparse.Namespace) -> None:
    """Measures what the options say, writes it and prints the table.

    Raises:
        ValueError, OSError, ImportError: data, weights or packages that are missing.
    """
    contestants = competitors(options.peers)
    rows: list[dict[str, Any]] = [
        {"detector": entry.name, "long side": size}
        for size in options.sizes
        for entry in contestants
    ]
    entries = [entry for _ in options.sizes for entry in contestants]
    for path in (options.accuracies, options.csv, options.plot):
        path.parent.mkdir(parents=True, exist_ok=True)
    if options.only != "latency":
        accuracies = Accuracies(options.accuracies, options.data)
        for row, entry in zip(rows, entries, strict=True):
            row |= accuracies.of(entry, options.peers, row["long side"])
    if options.only != "accuracy":
        times = [
            ms
            for size in options.sizes
            for ms in milliseconds(contestants, options.peers, size, options.rounds)
        ]
        for row, ms in zip(rows, times, strict=True):
            row["ms"] = ms
    setting = f"one thread, {options.rounds} rounds, {processor()}, {datetime.date.today()}"
    write_csv(options.csv, rows, setting)
    if options.only is None:
        plot(rows, options.plot, setting)
    print(setting, "", format_table(rows), sep="\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    options = _parser().parse_args(arguments)
    try:
        run(options)
    except (ValueError, OSError, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
