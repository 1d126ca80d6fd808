"""From what a list says of its pictures to samples: what the readers of all layouts share."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
        lacks: why the picture is not to be used, where that is so.
    """

    name: str
    boxes: Sequence[tuple[float, float, float, float]] = ()
    ignored: Sequence[bool] = ()
    scores: Sequence[float] | None = None
    lacks: str | None = None


def to_samples(
    listed: Iterable[Listed], source: Path, image_root: Path
) -> tuple[list[Sample], ReadReport]:
    """Looks the pictures up, and leaves out what cannot be trained or evaluated on.

    A picture without faces is kept; one that is not there, or is named again, also in another way
    of writing, is dropped, as is a box without area. Samples have names as `plain_name` writes
    them, so that `image_root / name` is the picture whatever the list has between folders.

    Args:
        listed: what the list says, in its order.
        source: the list, for messages.
        image_root: the folder that the names are relative to.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: a name that leads out of `image_root`, or a number that is no coordinate.
    """
    if not image_root.is_dir():
        raise FileNotFoundError(f"expected a folder of pictures, got {image_root}")
    report = ReadReport()
    samples: list[Sample] = []
    seen: set[str] = set()
    for entry in listed:
        path = resolve_picture(image_root, entry.name, source)
        entry = replace(entry, name=plain_name(entry.name))
        if entry.name in seen:
            report.drop_picture(LISTED_TWICE, entry.name)
        elif entry.lacks is not None:
            report.drop_picture(entry.lacks, entry.name)
        elif not path.is_file():
            report.drop_picture(MISSING, entry.name)
        else:
            sample = _sample(entry, path, source, report)
            report.keep(sample.ignored)
            samples.append(sample)
        seen.add(entry.name)
    return samples, report


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
    return Sample(path, entry.name, boxes[has_area], ignored[has_area], scores)
