"""From what a list says of its pictures to samples: what the readers of all layouts share."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfface.data.inside import plain_name, resolve_picture
from tfface.data.sample import ReadReport, Sample

WITHOUT_AREA = "box without area"
LISTED_TWICE = "listed more than once"
MISSING = "picture missing"

LARGEST_COORDINATE = 1e6
"""Pixels: no picture that is read has a longer side."""


@dataclass(frozen=True)
class Listed:
    """A picture of a list.

    Attributes:
        name: relative to the folder of the pictures, as the list has it.
        boxes: `(x_min, y_min, x_max, y_max)` of every face, in pixels of the upright picture.
        ignored: of every face, whether it is neither to be found nor background.
        scores: of every face, how sure a detector was of it, 1 where the list has no score; None of
            layouts that have none.
        size: width and height of the picture, where the list says them.
        lacks: why the picture is not to be used, where that is so.
    """

    name: str
    boxes: Sequence[tuple[float, float, float, float]] = ()
    ignored: Sequence[bool] = ()
    scores: Sequence[float] | None = None
    size: tuple[int, int] | None = None
    lacks: str | None = None


def to_samples(
    listed: Iterable[Listed], source: Path, image_root: Path
) -> tuple[list[Sample], ReadReport]:
    """Looks the pictures up, and leaves out what cannot be trained or evaluated on.

    A picture without faces is kept; one that is not there is dropped, as is a box without area. The
    entries of a picture that is named again, also in another way of writing, are joined; a box that
    both have is one. Samples have names as `plain_name` writes them, so that `image_root / name` is
    the picture whatever the list has between folders.

    Args:
        listed: what the list says, in its order.
        source: the list, for messages.
        image_root: the folder that the names are relative to.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: a name that leads out of `image_root`, a number that is no coordinate, or two
            sizes of one picture.
    """
    if not image_root.is_dir():
        raise FileNotFoundError(f"expected a folder of pictures, got {image_root}")
    report = ReadReport()
    entries: dict[str, list[Listed]] = defaultdict(list)
    paths: dict[str, Path] = {}
    for entry in listed:
        name = plain_name(entry.name)
        paths[name] = resolve_picture(image_root, entry.name, source)
        entries[name].append(entry)
    samples: list[Sample] = []
    for name, path in paths.items():
        entry = _join(name, entries[name], source, report)
        if entry.lacks is not None:
            report.drop_picture(entry.lacks, name)
        elif not path.is_file():
            report.drop_picture(MISSING, name)
        else:
            sample = _sample(entry, path, source, report)
            report.keep(sample.ignored)
            samples.append(sample)
    return samples, report


def _join(name: str, entries: Sequence[Listed], source: Path, report: ReadReport) -> Listed:
    """The entries of one picture as one."""
    sizes = sorted({entry.size for entry in entries if entry.size})
    if len(sizes) > 1:
        raise ValueError(
            f"{source}: expected one size of {name}, got {sizes[0]} and {sizes[1]}; leave out the "
            "entries that are of another picture, or scale their boxes"
        )
    boxes: list[tuple[float, float, float, float]] = []
    ignored: list[bool] = []
    scores: list[float] = []
    known: set[tuple[float, float, float, float]] = set()
    for entry in entries:
        new = [place for place, box in enumerate(entry.boxes) if box not in known]
        report.drop_faces(LISTED_TWICE, name, len(entry.boxes) - len(new))
        known.update(entry.boxes)
        boxes += [entry.boxes[place] for place in new]
        ignored += [entry.ignored[place] for place in new]
        scores += [entry.scores[place] for place in new] if entry.scores else []
    return Listed(
        name,
        boxes,
        ignored,
        None if any(entry.scores is None for entry in entries) else scores,
        sizes[0] if sizes else None,
        next((entry.lacks for entry in entries if entry.lacks), None),
    )


def _sample(entry: Listed, path: Path, source: Path, report: ReadReport) -> Sample:
    for box in entry.boxes:
        if not all(math.isfinite(edge) and abs(edge) <= LARGEST_COORDINATE for edge in box):
            raise ValueError(
                f"{source}: expected boxes of {entry.name} in pixels, finite and at most "
                f"{LARGEST_COORDINATE:,.0f}, got {', '.join(f'{edge:g}' for edge in box)}"
            )
    boxes = np.array(entry.boxes, np.float32).reshape(-1, 4)
    has_area = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
    report.drop_faces(WITHOUT_AREA, entry.name, int((~has_area).sum()))
    ignored = np.array(entry.ignored, bool)
    scores = None if entry.scores is None else np.array(entry.scores, np.float32)[has_area]
    return Sample(path, entry.name, boxes[has_area], ignored[has_area], scores, entry.size)
