"""Kills commands at random moments, and looks whether what they make in the end is the same.

    python -m drills.kill --kills 20 --output runs/drill

Each of `prepare`, `train`, `convert`, `detect` and, where Ray is installed, `batch` runs once
undisturbed; then it is started and ended by SIGKILL so many times, and at last left alone. Whenever
it comes to its end, its output has to be that of the undisturbed run, with nothing else beside it,
and it begins anew; no process of it may be alive.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tfface.command_line import CommandParser, run_command
from tfface.command_options import between
from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import cv2
    import h5py
    import numpy as np

PICTURES = 24

GRACE_SECONDS = 90.0
"""For the processes of a killed command. Ray 2.60 needs a minute: so long its agents try to report
that their raylet is gone."""


@dataclass(frozen=True)
class Drill:
    """A command, and what its output says.

    Attributes:
        arguments: of `python -m`; gives them for the folder of the output.
        digest: what has to be equal, of that folder.
    """

    arguments: Callable[[Path], Sequence[str]]
    digest: Callable[[Path], object]


def make_pictures(folder: Path) -> None:
    """Bright ellipses on noise, with a list in the layout of WIDER FACE."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(0)
    lines = []
    for number in range(PICTURES):
        image = generator.integers(0, 60, (480, 640, 3)).astype(np.uint8)
        x, y = (int(value) for value in generator.integers(100, 300, 2))
        cv2.ellipse(image, (x, y), (40, 55), 0, 0, 360, (180, 200, 240), -1)
        cv2.imwrite(str(folder / "images" / f"{number}.jpg"), image)
        lines += [f"{number}.jpg", "1", f"{x - 40} {y - 55} 80 110 0 0 0 0 0 0"]
    (folder / "list.txt").write_text("\n".join(lines) + "\n")


def drills(data: Path) -> dict[str, Drill]:
    """The commands, on the pictures of `make_pictures` in `data`."""
    prepared = ["tfface.data.prepare", f"--list={data}/list.txt", f"--images={data}/images"]
    training = [
        *("train.main", f"--train_records={data}/records/train-*.tfrecord", "--width=0.5"),
        *("--steps=40", "--steps_per_epoch=10", "--image_size=64", "--batch_size=4", "--seed=1"),
    ]
    return {
        "prepare": Drill(
            lambda output: [*prepared, f"--output={output}", "--workers=2", "--shards=6"], files
        ),
        "train": Drill(
            lambda output: [*training, f"--output={output}"],
            lambda output: weights(output / "final.keras"),
        ),
        "convert": Drill(
            lambda output: ["convert.main", "--model=fbi-half", f"--output={output}/f.tflite"],
            files,
        ),
        "detect": Drill(
            lambda output: [
                *("tfface.detect", str(data / "images"), "--json", f"{output}/faces.json"),
                *("--output", f"{output}/annotated", "--long_side", "1600"),
            ],
            files,
        ),
        "batch": Drill(
            lambda output: [
                *("tfface.batch", f"{data}/images/*.jpg", "--output", f"{output}/faces"),
                *("--shard_size=2", "--long_side=1600", "--workers=2"),
            ],
            files,
        ),
    }


def files(folder: Path) -> dict[str, str]:
    """The checksum of every file below a folder, wherever they say that this is."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(
            path.read_bytes().replace(str(folder).encode(), b"OUTPUT")
        ).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def weights(path: Path) -> dict[str, str]:
    """The checksum of every array in a `.keras` file, which is dated."""
    found: dict[str, str] = {}

    def add(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = hashlib.sha256(np.asarray(item).tobytes()).hexdigest()

    with zipfile.ZipFile(path) as archive, archive.open("model.weights.h5") as file:
        h5py.File(file).visititems(add)
    return found


def left_behind(folder: Path) -> list[str]:
    """What is hidden below a folder: a temporary one, or a journal."""
    return [str(path) for path in folder.rglob(".*")]


def alive(group: int) -> list[int]:
    """The processes of a group that are not dead."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] not in "ZX":
            found.append(int(path.parent.name))
    return found


def alive_after(group: int, seconds: float) -> list[int]:
    """Those of `alive` that do not end within that time; one may be amid its imports."""
    until = time.monotonic() + seconds
    while (found := alive(group)) and time.monotonic() < until:
        time.sleep(0.2)
    return found


def start(arguments: Sequence[str], log: Path) -> subprocess.Popen:
    with log.open("ab") as file:
        command = [sys.executable, "-m", *arguments]
        return subprocess.Popen(command, stdout=file, stderr=file, start_new_session=True)


def run_drill(drill: Drill, output: Path, kills: int, seed: int) -> dict[str, object]:
    """Runs one drill; what came out, with `equal`, `left`, `alive`, `rounds` that came to their
    end, and `ended_after`, the seconds in which the last process of any killed command ended.

    Raises:
        RuntimeError: the command fails where nobody kills it.
    """
    whole, killed, log = output / "whole", output / "killed", output / "log.txt"
    for folder in (whole, killed):
        folder.mkdir(parents=True)
    began = time.monotonic()
    if start(drill.arguments(whole), log).wait():
        raise RuntimeError(f"the command fails, see {log}")
    seconds = time.monotonic() - began
    generator = random.Random(seed)
    hits, orphans, slowest, equal, left = 0, 0, 0.0, [], []

    def judge() -> None:
        equal.append(drill.digest(whole) == drill.digest(killed))
        left.extend(left_behind(killed))

    while hits < kills:
        process = start(drill.arguments(killed), log)
        try:
            if process.wait(generator.uniform(0.1, 1.0) * seconds):
                raise RuntimeError(f"the command does not go on, see {log}")
            judge()
            shutil.rmtree(killed)
            killed.mkdir()
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            hits += 1
            killed_at = time.monotonic()
            orphans += len(alive_after(process.pid, GRACE_SECONDS))
            slowest = max(slowest, time.monotonic() - killed_at)
    if start(drill.arguments(killed), log).wait():
        raise RuntimeError(f"the command does not go on, see {log}")
    judge()
    return {
        "seconds": round(seconds, 1),
        "kills": hits,
        "rounds": len(equal),
        "equal": all(equal),
        "left": left,
        "alive": orphans,
        "ended_after": round(slowest, 1),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the drills; 1 where one of them comes out otherwise."""
    parser = CommandParser(prog="python -m drills.kill", description="Kills commands.")
    parser.add_argument("--kills", type=between(1, 1000, int), default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--only", help="one of the drills")
    parser.add_argument("--output", type=Path, default=Path("runs/drill"), help="replaced")

    def run(options) -> int:
        shutil.rmtree(options.output, ignore_errors=True)
        output = options.output.resolve()
        make_pictures(output / "data")
        todo = drills(output / "data")
        if options.only in (None, "train"):
            records = [*todo["prepare"].arguments(output / "data" / "records")]
            if start(records, output / "log.txt").wait():
                raise OSError(f"no records were made, see {output / 'log.txt'}")
        if find_spec("ray") is None:
            todo.pop("batch")
            print("batch is left out: it needs pip install '.[batch]'", flush=True)
        if options.only not in (None, *todo):
            raise ValueError(f"expected --only of {', '.join(todo)}, got {options.only}")
        results = {}
        for name, drill in todo.items():
            if options.only in (None, name):
                results[name] = run_drill(drill, output / name, options.kills, options.seed)
                print(name, json.dumps(results[name]), flush=True)
        good = (r["equal"] and not r["left"] and not r["alive"] for r in results.values())
        return 0 if all(good) else 1

    return run_command(parser, run, arguments)


if __name__ == "__main__":
    sys.exit(main())
