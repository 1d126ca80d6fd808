"""What a picture costs as records, anchors, faces, sizes and requests become many.

    python -m benchmarks.growth --csv growth.csv --plot growth.png

Seconds are those of the processor, on one core: other work beside it does not count. Every point of
`records`, `anchors`, `matching` and `faces` is measured in a process of its own; `sizes` and
`requests` are looked at as they go on, in one.
"""

import argparse
import asyncio
import datetime
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import tfface
from benchmarks.many_pictures import resident
from benchmarks.tables import write_csv
from tfface.command_line import CommandParser, run_command
from tfface.command_options import positive
from tfface.files import atomic_path, check_file
from tfface.predict.packages import optional_packages
from tfface.rgb import Image
from tfface.serving import DetectionService

Row = dict[str, Any]
"""`kind`, `count`, processor `milliseconds` in all, and `resident MB` afterwards."""

MODEL = "fbi-1"
SEED = 0
LOOKS = 20
"""At the memory, while sizes or requests pass."""
COLUMNS = 4
"""Of the plot."""


def _noise(height: int, width: int) -> Image:
    return np.random.default_rng(SEED).integers(0, 256, (height, width, 3)).astype(np.uint8)


def _seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def _fastest(work: Callable[[], object], repeats: int = 3) -> float:
    work()
    return min(_seconds(work) for _ in range(repeats))


@contextmanager
def _shard(records: int) -> Iterator[str]:
    """A file of so many records, each with a picture of 64 x 64 pixels and a face."""
    from tfface.data.records import Record, serialize, write_shard

    encoded = cv2.imencode(".jpg", _noise(64, 64))[1].tobytes()
    box = np.array([[8, 8, 40, 40]], np.float32)
    record = serialize(Record("a.jpg", encoded, 64, 64, box, np.zeros(1, bool)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.tfrecord"
        write_shard(path, (record for _ in range(records)))
        yield str(path)


def read(records: int) -> float:
    """Seconds to read so many records."""
    from tfface.data.records import read_records

    with _shard(records) as path:
        return _seconds(lambda: sum(1 for _ in read_records([path])))


def batches(records: int) -> float:
    """Seconds to make 1,024 training pictures, the first ones of so many records."""
    from tfface.data.augmentation import Augmentation
    from tfface.data.pipeline import training_batches
    from tfface.detectors.faceboxes import FaceBoxesImproved

    targets = FaceBoxesImproved(width=0.25).make_targets
    with _shard(records) as path:
        made = training_batches([path], targets, Augmentation(size=64), 32, seed=SEED)
        return _seconds(lambda: [None for _ in made.take(32)])


def detect(anchors: int) -> float:
    """Seconds to search a picture with about so many anchors: 22,400 are 640 x 480 pixels."""
    detector = tfface.FaceDetector.from_preset(MODEL)
    factor = (anchors / 22_400) ** 0.5
    image = _noise(round(480 * factor), round(640 * factor))
    return _fastest(lambda: detector.detect(image, long_side=0))


def match(anchors: int, faces: int = 12) -> float:
    """Seconds to match faces with about so many anchors of FaceBoxes."""
    import tensorflow as tf

    from tfface.anchors import grid_anchors
    from tfface.detectors.faceboxes import FACEBOXES_ANCHORS
    from tfface.matching import FACE, AnchorMatcher

    side = round(1024 * (anchors / 21_824) ** 0.5)
    generator = np.random.default_rng(SEED)
    sizes = np.exp(generator.uniform(3, 5.5, (faces, 1)))
    centres = generator.uniform(0, side, (faces, 2))
    boxes = np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=-1).astype(np.float32)
    grid, kinds = grid_anchors(FACEBOXES_ANCHORS, side, side), tf.fill([faces], FACE)
    matcher = tf.function(AnchorMatcher())
    return _fastest(lambda: matcher(grid, tf.constant(boxes), kinds))


def match_faces(faces: int) -> float:
    """Seconds to match so many faces with 21,824 anchors."""
    return match(21_824, faces)


POINTS: dict[str, tuple[Callable[[int], float], Sequence[int]]] = {
    "records": (read, (1_000, 3_000, 10_000, 30_000, 100_000)),
    "batches": (batches, (1_000, 3_000, 10_000, 30_000, 100_000)),
    "anchors": (detect, (20_000, 60_000, 120_000, 190_000, 260_000)),
    "matching": (match, (20_000, 60_000, 120_000, 190_000, 260_000)),
    "faces": (match_faces, (1, 10, 100, 300, 1_000)),
}


def measure(kind: str, count: int) -> Row:
    """A point of `POINTS`."""
    seconds = POINTS[kind][0](count)
    return _row(kind, count, seconds)


def _row(kind: str, count: int, seconds: float) -> Row:
    memory = round(resident(os.getpid()), 1)
    return {"kind": kind, "count": count, "ms": round(1000 * seconds, 2), "resident MB": memory}


def _pictures(count: int) -> Iterator[Image]:
    """Parts of a picture, no two sizes in a row alike: of 32 to 400 pixels a side."""
    image, generator = _noise(400, 400), np.random.default_rng(SEED)
    for height, width in generator.integers(32, 401, (count, 2)):
        yield image[:height, :width]


def sizes(count: int) -> list[Row]:
    """Memory as a detector meets so many sizes."""
    detector = tfface.FaceDetector.from_preset(MODEL)
    rows, begin = [], time.process_time()
    for number, image in enumerate(_pictures(count), start=1):
        detector.detect(image, long_side=0)
        if number % max(1, count // LOOKS) == 0:
            rows.append(_row("sizes", number, time.process_time() - begin))
    return rows


def requests(count: int) -> list[Row]:
    """Memory as a server answers so many requests, every tenth of which claims 400 megapixels."""
    service = DetectionService(tfface.FaceDetector.from_preset(MODEL))
    bomb = b"P6 20000 20000 255\n" + bytes(1000)

    async def body(content: bytes) -> AsyncIterator[bytes]:
        yield content

    async def answer_all() -> list[Row]:
        rows, begin = [], time.process_time()
        for number, image in enumerate(_pictures(count), start=1):
            content = cv2.imencode(".jpg", image)[1].tobytes() if number % 10 else bomb
            answer = await service.answer("POST", "/", body(content), len(content))
            expected = 200 if number % 10 else 400
            if answer.status != expected:
                raise ValueError(f"expected the status {expected}, got {answer}")
            if number % max(1, count // LOOKS) == 0:
                rows.append(_row("requests", number, time.process_time() - begin))
        return rows

    return asyncio.run(answer_all())


COURSES: dict[str, Callable[[int], list[Row]]] = {"sizes": sizes, "requests": requests}


def alone(function: Callable[..., Any], *arguments: object) -> Any:
    """What a function returns in a process of its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def summary(rows: Sequence[Row]) -> str:
    """Of a kind: milliseconds for one more, at first and at last, and the memory there."""
    first, last, middle = rows[0], rows[-1], rows[len(rows) // 2]
    slopes = [
        (b["ms"] - a["ms"]) / (b["count"] - a["count"])
        for a, b in ((first, middle), (middle, last))
    ]
    return (
        f"{first['kind']}: {first['ms']:g} ms for {first['count']}, {last['ms']:g} for "
        f"{last['count']}; one more takes {slopes[0]:.3g} ms in the lower half and {slopes[1]:.3g} "
        f"in the upper; {first['resident MB']:.0f} to {last['resident MB']:.0f} MB"
    )


def plot(rows: Sequence[Row], path: Path) -> None:
    """Writes a PNG with a panel a kind: milliseconds and memory over the count."""
    with optional_packages("evaluate"):
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator

    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    lines = -(-len(kinds) // COLUMNS)
    figure = Figure(figsize=(4 * COLUMNS, 3 * lines), layout="constrained")
    panels = figure.subplots(lines, COLUMNS, squeeze=False).ravel()
    for empty in panels[len(kinds) :]:
        empty.remove()
    for panel, kind in zip(panels, kinds, strict=False):
        points = [row for row in rows if row["kind"] == kind]
        counts, beside = [row["count"] for row in points], panel.twinx()
        panel.plot(counts, [row["ms"] for row in points], "o-", markersize=3)
        beside.plot(
            counts, [row["resident MB"] for row in points], "s:", color="grey", markersize=3
        )
        panel.xaxis.set_major_locator(MaxNLocator(4))
        panel.set(title=kind, xlabel="count", ylabel="processor ms", ylim=(0, None))
        most = max(row["resident MB"] for row in points)
        beside.set(ylim=(0, 1.3 * most), ylabel="resident MB (dotted)")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=100)


def run(options: argparse.Namespace) -> None:
    """Measures, prints a line a kind, and writes what the options ask for."""
    for path in (options.csv, options.plot):
        if path:
            check_file(path)
    rows: list[Row] = []
    for kind in options.only or [*POINTS, *COURSES]:
        if kind in POINTS:
            found = [alone(measure, kind, count) for count in POINTS[kind][1]]
        else:
            found = alone(COURSES[kind], options.course)
        print(summary(found), flush=True)
        rows += found
    if options.csv:
        write_csv(options.csv, rows, f"{MODEL}, processor milliseconds, {datetime.date.today()}")
    if options.plot:
        plot(rows, options.plot)


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=[*POINTS, *COURSES], help="some of the kinds")
    parser.add_argument("--course", type=positive, default=5_000, help="sizes, and requests")
    parser.add_argument("--csv", type=Path, help="file for all points")
    parser.add_argument("--plot", type=Path, help="PNG file")
    return parser


if __name__ == "__main__":
    raise SystemExit(run_command(_parser(), run))
