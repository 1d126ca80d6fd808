"""Training records of a whole data set: in parallel, in shards, going on after an interruption."""

import functools
import hashlib
import json
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from absl import logging
from tqdm import tqdm

from tfface.data.recording import UNCHANGED, Options, record_of
from tfface.data.records import Record, serialize, write_shard
from tfface.data.sample import ReadReport, Sample
from tfface.files import check_file, write_json
from tfface.odd_names import ENCODING, ERRORS

SIZE_EDGES = (0, 4, 8, 16, 32, 64, 128, 256, 512)
"""Lower edges, in pixels, of the histogram of face sizes; a size is the root of the area."""

_FORMAT = 1
"""Raised when the records change, so that no shard of an older layout is kept."""

_CHUNK = 8
"""Pictures handed to a process at a time."""

_Mapper = Callable[[Callable[[Sample], Any], Sequence[Sample]], Iterable[Any]]


@dataclass
class ShardSummary:
    """What a shard was made from, and what it holds.

    Attributes:
        file: name of the shard, beside this summary.
        source: SHA-256 of the pictures, annotations and options that it was made from.
        sha256: checksum of the file.
        bytes: size of the file.
        report: what was kept, and what was dropped and why.
        face_sizes: faces that are not ignored, counted between the edges `SIZE_EDGES`.
    """

    file: str
    source: str
    sha256: str = ""
    bytes: int = 0
    report: ReadReport = field(default_factory=ReadReport)
    face_sizes: list[int] = field(default_factory=lambda: [0] * len(SIZE_EDGES))

    def to_json(self) -> dict[str, Any]:
        """The summary as a value for `json.dump`; `from_json` reads it back."""
        return {**vars(self), "report": self.report.to_json()}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """The summary that `to_json` wrote."""
        return cls(**{**value, "report": ReadReport.from_json(value["report"])})


def prepare(
    samples: Sequence[Sample],
    output: str | Path,
    name: str = "train",
    *,
    options: Options = UNCHANGED,
    shards: int = 4,
    seed: int = 0,
    workers: int = 1,
    dropped: ReadReport | None = None,
) -> dict[str, Any]:
    """Writes samples as `NAME-00000-of-00004.tfrecord` ..., and a summary as `NAME.json`.

    Args:
        samples: annotated pictures; `seed` decides their order and their shard.
        output: folder of the records, made when it is missing.
        name: start of the names of the files.
        options: what changes the records themselves.
        shards: number of files.
        seed: same samples and same seed, same files.
        workers: processes that decode pictures; 1 stays in this process.
        dropped: the report of the reader, whose dropped faces and pictures enter the summary.

    Returns:
        The summary: pictures, faces, what was dropped and why, face sizes, shards with checksums.

    Raises:
        ValueError: there are no samples, or fewer than shards.
        FileExistsError: the folder has shards of this name from a split into another number.
    """
    dropped = dropped or ReadReport()
    if not samples:
        reasons = "; ".join(["got none", *dropped.dropped()])
        raise ValueError(f"expected at least one picture, {reasons}; compare list and folder")
    if not 1 <= shards <= len(samples):
        raise ValueError(
            f"expected 1 to {len(samples)} shards, as many as there are pictures, got {shards}"
        )
    check_file(Path(output) / f"{name}.json")
    _refuse_other_split(Path(output), name, shards)
    order = np.random.default_rng(seed).permutation(len(samples))
    total = ShardSummary(file="", source="")
    total.report.add_dropped(dropped)
    summaries = []
    with _mapper(workers) as run, tqdm(total=len(samples), unit="picture") as bar:
        for index in range(shards):
            path = Path(output) / f"{name}-{index:05d}-of-{shards:05d}.tfrecord"
            chosen = [samples[i] for i in order[index::shards]]
            summary = _prepare_shard(path, chosen, options, run, bar)
            summaries.append(summary)
            total.report.add(summary.report)
            total.face_sizes = np.add(total.face_sizes, summary.face_sizes).tolist()
    result = {
        **total.report.to_json(),
        "face_sizes": dict(zip(map(str, SIZE_EDGES), total.face_sizes, strict=True)),
        "options": {**asdict(options), "seed": seed},
        "shards": [summary.to_json() for summary in summaries],
    }
    write_json(Path(output) / f"{name}.json", result)
    return result


def _refuse_other_split(output: Path, name: str, shards: int) -> None:
    """Shards of two splits in one folder would be read together, each picture twice."""
    digits = "[0-9]" * 5
    others = set(output.glob(f"{name}-{digits}-of-{digits}.tfrecord"))
    others -= set(output.glob(f"{name}-{digits}-of-{shards:05d}.tfrecord"))
    if others:
        raise FileExistsError(
            f"expected shards of {name} in {output} to be {shards}, got {min(others).name}; "
            "remove the older ones, or choose another name or folder"
        )


def _prepare_shard(
    path: Path, samples: Sequence[Sample], options: Options, run: _Mapper, bar: tqdm
) -> ShardSummary:
    source = _source_digest(samples, options, run)
    summary_path = path.with_suffix(".json")
    kept = _finished(path, summary_path, source)
    if kept is not None:
        logging.info("kept %s: made from the same pictures and options", path.name)
        bar.update(len(samples))
        return kept
    summary = ShardSummary(file=path.name, source=source)
    results = run(functools.partial(record_of, options=options), samples)
    write_shard(path, _examples(results, summary, bar))
    summary.sha256, summary.bytes = _file_digest(path), path.stat().st_size
    write_json(summary_path, summary.to_json())
    return summary


def _examples(
    results: Iterable[tuple[Record | None, ReadReport]], summary: ShardSummary, bar: tqdm
) -> Iterator[bytes]:
    """The serialized records, counted into `summary` as they pass."""
    for record, report in results:
        bar.update()
        summary.report.add(report)
        if record is not None:
            faces = record.boxes[~record.ignored]
            sizes = np.sqrt(np.prod(faces[:, 2:] - faces[:, :2], axis=1))
            counts, _ = np.histogram(sizes, (*SIZE_EDGES, np.inf))
            summary.face_sizes = np.add(summary.face_sizes, counts).tolist()
            yield serialize(record)


def _finished(path: Path, summary_path: Path, source: str) -> ShardSummary | None:
    """The summary of a shard that is complete and made from `source`."""
    if not (path.is_file() and summary_path.is_file()):
        return None
    try:
        summary = ShardSummary.from_json(json.loads(summary_path.read_text()))
    except (ValueError, KeyError, TypeError, AttributeError):  # damaged: it is made again
        logging.warning("%s is damaged; %s is written again", summary_path, path.name)
        return None
    if summary.source == source and summary.sha256 != _file_digest(path):
        logging.warning("%s is damaged; it is written again", path)
    same = summary.source == source and summary.sha256 == _file_digest(path)
    return summary if same else None


def _source_digest(samples: Sequence[Sample], options: Options, run: _Mapper) -> str:
    digest = hashlib.sha256(json.dumps([_FORMAT, asdict(options)]).encode())
    for sample_digest in run(_sample_digest, samples):
        digest.update(sample_digest)
    return digest.hexdigest()


def _sample_digest(sample: Sample) -> bytes:
    digest = hashlib.sha256(sample.name.encode(ENCODING, ERRORS) + b"\0")
    digest.update(sample.boxes.tobytes() + sample.ignored.tobytes())
    digest.update(b"" if sample.scores is None else sample.scores.tobytes())
    digest.update(_file_digest(sample.path).encode())
    return digest.digest()


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _begin_worker() -> None:
    """Leaves Ctrl-C to the parent, and ends with it, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


@contextmanager
def _mapper(workers: int) -> Iterator[_Mapper]:
    """`map` in order, over `workers` processes, or in this one."""
    if workers <= 1:
        yield lambda function, samples: map(function, samples)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_begin_worker) as pool:
        yield functools.partial(pool.map, chunksize=_CHUNK)
