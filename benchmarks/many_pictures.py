"""Ten thousand pictures of mixed size, some of them damaged: memory, pace, and what became of each.

    python -m benchmarks.many_pictures --sources DIR --pictures 10000 --damaged 50 --csv many.csv

The pictures are made in a temporary folder out of those of `--sources`, in sizes of 64 to 800
pixels. `tfface.detect` searches them, watched from outside; then so does a loop over
`FaceDetector.detect`, for its pace.
"""

import argparse
import datetime
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

import tfface
from benchmarks.tables import write_csv
from tfface.command_line import CommandParser, run_command
from tfface.command_options import between
from tfface.files import check_file
from tfface.image import ImageReadError, read_image
from tfface.packaged import PRECISIONS
from tfface.picture_files import find_pictures

SIDES = (64, 800)
"""Pixels of the longer side, from which it is drawn, all ratios alike."""

DAMAGES: tuple[Callable[[bytes], bytes], ...] = (
    lambda content: b"",
    lambda content: content[:100],
    lambda content: bytes(len(content)),
    lambda content: b"<html>not found</html>",
)
"""Empty, only a header, only zeros, and another file."""

SECONDS = 0.5
"""Between two looks at the memory."""


@dataclass(frozen=True)
class Watched:
    """A run that has ended.

    Attributes:
        seconds: it took.
        samples: seconds since its beginning, results until then, and resident megabytes.
    """

    seconds: float
    samples: list[tuple[float, int, float]]

    def megabytes_at(self, share: float) -> float:
        """The most resident memory until so large a share of the results was there."""
        wanted = share * self.samples[-1][1]
        return max(size for _, done, size in self.samples if done <= wanted)


def make_pictures(
    sources: Sequence[Path], folder: Path, count: int, damaged: int, seed: int = 0
) -> tuple[set[str], set[str]]:
    """Writes JPEG files; returns the paths of the whole and of the damaged ones, spread evenly."""
    draw = random.Random(seed)
    images = [read_image(path) for path in draw.sample(list(sources), min(len(sources), 100))]
    bad = {number * count // damaged for number in range(damaged)} if damaged else set()
    whole: set[str] = set()
    broken: set[str] = set()
    for number in tqdm(range(count), desc="make", unit="picture", leave=False):
        image = draw.choice(images)
        side = SIDES[0] * (SIDES[1] / SIDES[0]) ** draw.random()
        height, width = (max(1, round(n * side / max(image.shape[:2]))) for n in image.shape[:2])
        _, encoded = cv2.imencode(".jpg", cv2.resize(image[..., ::-1], (width, height)))
        content = np.asarray(encoded).tobytes()
        path = folder / f"{number // 1000:03}" / f"{number:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(DAMAGES[number % len(DAMAGES)](content) if number in bad else content)
        (broken if number in bad else whole).add(str(path))
    return whole, broken


def watch(command: Sequence[str], results: Path) -> Watched:
    """Runs a command that writes a line of `results` a picture, and looks at its memory."""
    begin = time.monotonic()
    samples = [(0.0, 0, 0.0)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        lines = _Lines(results)
        while process.poll() is None:
            samples.append((time.monotonic() - begin, lines.count(), resident(process.pid)))
            time.sleep(SECONDS)
    samples.append((time.monotonic() - begin, lines.count(), 0.0))
    return Watched(samples[-1][0], samples)


class _Lines:
    """Counts the lines of a file that grows, and that is hidden beside its name until it is whole.

    Args:
        path: of the file; what is written of it before lies in a folder that begins with `.NAME`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place = self._seen = 0

    def count(self) -> int:
        """The lines until now."""
        hidden = self._path.parent.glob(f".{self._path.name}*/{self._path.name}")
        for path in (self._path, *hidden):
            if path.is_file():
                with path.open("rb") as file:
                    file.seek(self._place)
                    new = file.read()
                self._place, self._seen = self._place + len(new), self._seen + new.count(b"\n")
                break
        return self._seen


def resident(process: int) -> float:
    """Megabytes of a process that lie in memory now; 0 of one that is gone."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * 4096 / 1e6


def unaccounted(results: Path, whole: set[str], damaged: set[str]) -> list[str]:
    """The pictures of which the results do not say what they have to, once each."""
    counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    with results.open(encoding="utf-8") as file:
        for line in map(json.loads, file):
            counts["error" in line][line["file"]] += 1
    expected = {True: Counter(damaged), False: Counter(whole)}
    return sorted(
        {name for kind in counts for name in counts[kind] - expected[kind]}
        | {name for kind in counts for name in expected[kind] - counts[kind]}
    )


def loop(model: str, precision: str, paths: Sequence[str]) -> float:
    """Seconds of a plain loop."""
    detector = tfface.FaceDetector.from_preset(model, precision=precision)
    begin = time.monotonic()
    for path in tqdm(paths, desc="loop", unit="picture", leave=False):
        try:
            detector.detect(path)
        except ImageReadError:
            continue
    return time.monotonic() - begin


def run(options: argparse.Namespace) -> int:
    """Makes, searches and counts, and prints what came of it; 1 where a picture got lost."""
    if options.csv:
        check_file(options.csv)
    sources = find_pictures([options.sources]).pictures
    with tempfile.TemporaryDirectory(prefix="many-pictures-", dir=options.folder) as folder:
        pictures, results = Path(folder) / "pictures", Path(folder) / "faces.jsonl"
        whole, damaged = make_pictures(sources, pictures, options.pictures, options.damaged)
        command = [sys.executable, "-m", "tfface.detect", str(pictures), "--jsonl", str(results)]
        command += ["--model", options.model, "--precision", options.precision]
        watched = watch([*command, "--batch_size", str(options.batch_size)], results)
        lost = unaccounted(results, whole, damaged)
        paths = sorted(whole | damaged)
        looped = None if options.no_loop else loop(options.model, options.precision, paths)
    setting = (
        f"{options.model} {options.precision}, {options.pictures} pictures, {options.damaged} of "
        f"them damaged, {options.batch_size} at a time, {datetime.date.today()}"
    )
    print(setting)
    print(f"{len(whole)} found in, {len(damaged)} named as damaged, {len(lost)} unaccounted for")
    print("\n".join(lost[:10]), end="\n" * bool(lost))
    shares = (0.1, 0.25, 0.5, 0.75, 1.0)
    sizes = ", ".join(f"{watched.megabytes_at(s):.0f} at {100 * s:.0f} %" for s in shares)
    print(f"most resident memory, MB: {sizes}")
    print(f"tfface.detect: {options.pictures / watched.seconds:.1f} pictures/s")
    if looped:
        print(f"a loop over detect: {options.pictures / looped:.1f} pictures/s")
    if options.csv:
        rows = [
            {"seconds": f"{at:.1f}", "pictures": done, "resident MB": f"{size:.1f}"}
            for at, done, size in watched.samples[1:-1]
        ]
        write_csv(options.csv, rows, setting)
    return 1 if lost else 0


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sources", type=Path, required=True, help="folder of pictures")
    parser.add_argument("--pictures", type=between(1, 1 << 20, int), default=10_000)
    parser.add_argument("--damaged", type=between(0, 1 << 20, int), default=50)
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")
    parser.add_argument("--model", default="yunet-n", help="preset (default: %(default)s)")
    parser.add_argument("--precision", default=PRECISIONS[0], help="of the preset")
    parser.add_argument("--batch_size", type=between(1, 256, int), default=1)
    parser.add_argument("--no_loop", action="store_true", help="leave the plain loop out")
    parser.add_argument("--csv", type=Path, help="file for the memory over time")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    return run_command(_parser(), run, arguments)


if __name__ == "__main__":
    sys.exit(main())
