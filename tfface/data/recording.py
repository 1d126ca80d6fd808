"""From an annotated picture to its training record."""

from dataclasses import dataclass

import numpy as np

from tfface.data.records import Record
from tfface.data.sample import ReadReport, Sample
from tfface.data.upright import read_upright
from tfface.image import ImageReadError
from tfface.pixel_limit import MAX_PIXELS, limited_pixels

OUTSIDE = "box outside the picture"


@dataclass(frozen=True)
class Options:
    """What changes the records themselves.

    Attributes:
        max_side: pictures with a longer side are reduced to it, in pixels; 0 keeps every size.
        min_face: faces with a side shorter than this many pixels, in the picture as it is stored,
            are marked as ignored; 0 marks none.
        min_score: faces that a detector drew with a lower score are marked as ignored.
        soft_scores: faces that a detector drew keep its scores, as soft labels
            (`tfface.data.soft_labels`); else all count as much as annotated ones.
        max_pixels: pictures that claim more are dropped before memory is spent on them.
    """

    max_side: int = 0
    min_face: float = 0.0
    min_score: float = 0.0
    soft_scores: bool = False
    max_pixels: int = MAX_PIXELS


UNCHANGED = Options()
"""Pictures and faces as they are."""


def record_of(sample: Sample, options: Options) -> tuple[Record | None, ReadReport]:
    """The record of a sample, or None when its picture cannot be read, and what was dropped."""
    report = ReadReport()
    try:
        with limited_pixels(options.max_pixels):
            picture = read_upright(sample.path, options.max_side)
    except ImageReadError as error:
        report.drop_picture(error.kind, sample.name)
        return None, report
    limits = np.array([picture.width, picture.height] * 2)
    boxes = np.clip(sample.boxes * (picture.scale * 2), 0, limits).astype(np.float32)
    sides = boxes[:, 2:] - boxes[:, :2]
    inside = np.all(sides > 0, axis=1)
    report.drop_faces(OUTSIDE, sample.name, int(np.sum(~inside)))
    unsure = False if sample.scores is None else sample.scores < options.min_score
    ignored = (sample.ignored | unsure | np.any(sides < options.min_face, axis=1))[inside]
    report.keep(ignored)
    scores = sample.scores if options.soft_scores else None
    record = Record(
        name=sample.name,
        encoded=picture.encoded,
        height=picture.height,
        width=picture.width,
        boxes=boxes[inside],
        ignored=ignored,
        scores=None if scores is None else scores[inside],
    )
    return record, report
