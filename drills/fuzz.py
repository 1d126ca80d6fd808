"""Feeds readers with changed files, led by what code they reach (atheris, libFuzzer).

    python -m drills.fuzz pictures --seconds 60

A finding is any error but those that the reader promises, a crash, ten seconds of silence or two
gigabytes of memory; it ends the run with another status than 0, and its input is in `--output`. So
are the seeds, and what was found to reach new code, from where the next run goes on.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tfface.command_line import CommandParser
from tfface.command_options import between
from tfface.predict.packages import optional_packages

with optional_packages("fuzz,train", __name__):
    import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]

    with atheris.instrument_imports(include=["tfface"]):
        import cv2
        import numpy as np

        from tfface.data.records import Record, deserialize, read_records, serialize, write_shard
        from tfface.data.wider import read_wider
        from tfface.headers import claimed_size
        from tfface.image import decode_picture
        from tfface.predict.description import read_embedded
        from tfface.predict.verification import verify
        from tfface.presets import PRESETS

_SUFFIXES = (".jpg", ".png", ".webp", ".bmp", ".gif", ".tiff", ".ppm", ".pam", ".jp2", ".avif")
_PIXELS = 1 << 20


def _pictures(data: bytes) -> None:
    decode_picture(data, _PIXELS)


def _records(data: bytes) -> None:
    deserialize(data)


def _shards(data: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        list(read_records([file.name]))


def _lists(data: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".txt") as file:
        file.write(data)
        file.flush()
        read_wider(file.name, Path(file.name).parent)


def _models(data: bytes) -> None:
    verify(data, "fuzzed")
    read_embedded(data)


TARGETS: dict[str, Callable[[bytes], object]] = {
    "pictures": _pictures,
    "headers": claimed_size,
    "records": _records,
    "shards": _shards,
    "lists": _lists,
    "models": _models,
}
"""What is fuzzed; each may raise ValueError, and the last reader of all OSError and TypeError."""


def seeds(target: str) -> Iterator[bytes]:
    """Whole inputs, small ones, from which changes begin."""
    image = np.random.default_rng(0).integers(0, 256, (9, 13, 3), dtype=np.uint8)
    encoded = (cv2.imencode(suffix, image) for suffix in _SUFFIXES)
    pictures = [data.tobytes() for is_whole, data in encoded if is_whole]
    box = np.array([[1, 2, 8, 7]], np.float32)
    record = Record("a.png", pictures[1], 9, 13, box, np.zeros(1, bool))
    if target in ("pictures", "headers"):
        yield from pictures
    elif target == "records":
        yield serialize(record)
    elif target == "shards":
        with tempfile.TemporaryDirectory() as folder:
            write_shard(Path(folder) / "a.tfrecord", [serialize(record)] * 2)
            yield (Path(folder) / "a.tfrecord").read_bytes()
    elif target == "lists":
        yield b"a.jpg\n1\n1 2 8 7 0 0 0 0 0 0\nb/c.jpg\n0\n0 0 0 0 0 0 0 0 0 0\n"
    else:
        yield from (PRESETS["yunet-s"].read(precision) for precision in ("float32", "int8"))


def main() -> None:
    """Fuzzes until the time is over or something is found."""
    parser = CommandParser(prog="python -m drills.fuzz", description="Fuzzes one reader.")
    parser.add_argument("target", choices=list(TARGETS))
    parser.add_argument("--seconds", type=between(1, 1 << 20, int), default=60)
    parser.add_argument("--output", type=Path, default=Path("runs/fuzz"), help="inputs")
    options = parser.parse_args()
    corpus = options.output / options.target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(options.target)):
        (corpus / f"seed-{number}").write_bytes(seed)
    read = TARGETS[options.target]

    def once(data: bytes) -> None:
        try:
            read(data)
        except (ValueError, OSError, TypeError) as error:
            if isinstance(error, TypeError) and options.target != "models":
                raise

    settings = [f"-max_total_time={options.seconds}", "-timeout=10", "-rss_limit_mb=2048"]
    settings += ["-print_final_stats=1", "-verbosity=0", f"-artifact_prefix={corpus}-"]
    atheris.Setup([sys.argv[0], *settings, str(corpus)], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
