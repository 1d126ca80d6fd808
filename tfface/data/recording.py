"""From an annotated picture to its training record."""

from dataclasses import dataclass, replace

import numpy as np

from tfface.data.records import Record
from tfface.data.sample import OUTSIDE, ReadReport, Sample
from tfface.data.upright import read_upright
from tfface.image import ImageReadError
from tfface.pixel_limit import MAX_PIXELS, limited_pixels


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
    scaled = replace(sample, boxes=sample.boxes * (picture.scale * 2))
    faces = scaled.cut_to(picture.width, picture.height)
    report.drop_faces(OUTSIDE, sample.name, len(sample.boxes) - len(faces.boxes))
    sides = faces.boxes[:, 2:] - faces.boxes[:, :2]
    unsure = False if faces.scores is None else faces.scores < options.min_score
    ignored = faces.ignored | unsure | np.any(sides < options.min_face, axis=1)
    report.keep(ignored)
    record = Record(
        name=sample.name,
        encoded=picture.encoded,
        height=picture.height,
        width=picture.width,
        boxes=faces.boxes,
        ignored=ignored,
        scores=faces.scores if options.soft_scores else None,
    )
    return record, report
