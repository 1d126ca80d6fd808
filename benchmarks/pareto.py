"""Accuracy against milliseconds: every preset, precision and peer at several sizes, in one run.

    python -m benchmarks.pareto --peers DIR --data DIR --sizes 320,480,640,1024

Accuracy is average precision by the official WIDER FACE protocol on the validation pictures
present, their long side scaled to each size. Milliseconds are those from a 4:3 picture with faces,
of that long side, to boxes, one thread; all take turns, and the median counts. A peer whose input
has one size is measured at that size alone. Accuracies are kept by the checksum of the file in
--accuracies, so that a run that was broken off goes on.
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
from itertools import groupby
from pathlib import Path
from typing import Any

from tfface.command_line import CommandParser, run_command
from tfface.predict.packages import optional_packages

with optional_packages("evaluate,dev", __name__):
    import cv2
    import numpy as np

    from benchmarks.pareto_plot import plot
    from benchmarks.tables import write_csv
    from measure.conditions import processor
    from measure.contestants import picture_with_faces
    from measure.peers import PEERS, open_detector, peers_present
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
        own_size: long side of the input of a peer that has one size; None for every other.
    """

    name: str
    model: str
    precision: str | None
    sha256: str
    own_size: int | None = None

    def open(self, peers: Path | None) -> PictureDetector:
        """The detector, with one thread; a peer in its fastest runtime."""
        if self.precision is None:
            return open_detector(self.model, peers)
        return open_detector(self.model, peers, precision=self.precision)


def competitors(peers: Path | None) -> list[Competitor]:
    """Every preset in every precision, and the peers whose weights are in the folder `peers`.

    Raises:
        FileNotFoundError: no weights of peers are there.
    """
    presets = [
        Competitor(f"{name} {precision}", name, precision, file.sha256)
        for name, preset in PRESETS.items()
        for precision, file in preset.files.items()
    ]
    return presets + (
        [peer_competitor(key, peers) for key in peers_present(peers)] if peers else []
    )


def peer_competitor(key: str, folder: Path) -> Competitor:
    """The peer of that key in `PEERS`, whose weights are in `folder`."""
    peer = PEERS[key]
    sha256 = hashlib.sha256((folder / peer.file).read_bytes()).hexdigest()
    own_size = max(peer.input_size) if peer.input_size else None
    return Competitor(f"{key} (peer)", key, None, sha256, own_size)


def entries_at(
    contestants: Sequence[Competitor], sizes: Sequence[int]
) -> list[tuple[Competitor, int]]:
    """Every competitor with every long side it is measured at, by size."""
    own = {entry.own_size for entry in contestants if entry.own_size}
    return [
        (entry, size)
        for size in sorted({*sizes, *own})
        for entry in contestants
        if size == entry.own_size or (entry.own_size is None and size in sizes)
    ]


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


def measure(
    entries: Sequence[tuple[Competitor, int]],
    peers: Path | None,
    accuracies: Accuracies | None,
    rounds: int,
) -> list[dict[str, Any]]:
    """A row for each entry of `entries_at`, by size: its accuracies, and its milliseconds as `ms`.

    Args:
        entries: what to measure.
        peers: folder of the peers' weights.
        accuracies: None leaves them out.
        rounds: detections that count; 0 leaves the milliseconds out.

    Raises:
        ValueError, OSError, ImportError: data, weights or packages that are missing.
    """
    rows: list[dict[str, Any]] = [
        {"detector": entry.name, "long side": size} for entry, size in entries
    ]
    if accuracies:
        for row, (entry, size) in zip(rows, entries, strict=True):
            row |= accuracies.of(entry, peers, size)
    if rounds:
        times = [
            ms
            for size, group in groupby(entries, key=lambda entry: entry[1])
            for ms in milliseconds([entry for entry, _ in group], peers, size, rounds)
        ]
        for row, ms in zip(rows, times, strict=True):
            row["ms"] = ms
    return rows


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
    for path in (options.accuracies, options.csv, options.plot):
        path.parent.mkdir(parents=True, exist_ok=True)
    rows = measure(
        entries_at(competitors(options.peers), options.sizes),
        options.peers,
        None if options.only == "latency" else Accuracies(options.accuracies, options.data),
        0 if options.only == "accuracy" else options.rounds,
    )
    setting = f"one thread, {options.rounds} rounds, {processor()}, {datetime.date.today()}"
    write_csv(options.csv, rows, setting)
    if options.only is None:
        plot(rows, options.plot, setting)
    print(setting, "", format_table(rows), sep="\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    return run_command(_parser(), run, arguments)


if __name__ == "__main__":
    sys.exit(main())
