"""Everything that a report shows, computed from detections, and written as one HTML file."""

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfface.evaluation.pictures import PictureSet
from tfface.evaluation.report import charts, page
from tfface.evaluation.report.breakdown import class_result, reliability
from tfface.evaluation.report.crops import FACE, OTHER, OWN, Box, Crop, render
from tfface.evaluation.report.differences import (
    Entry,
    missed_but_found_by,
    surest_false_alarms,
    worst_misses,
)
from tfface.evaluation.report.faces import CLASSES, PictureFaces
from tfface.evaluation.report.judgement import FaceTable, judge
from tfface.evaluation.report.page import Gallery, Shown
from tfface.evaluation.report.subject import Subject
from tfface.files import atomic_path

FALSE_ALARMS_A_PICTURE = 0.5
"""Wrong detections a picture at which detectors are compared, each at the threshold it has there:
scores of different detectors mean different things."""

GALLERY = 24
"""Crops of each kind and detector."""


def write_report(
    path: Path,
    subjects: Sequence[Subject],
    pictures: PictureSet[Any],
    faces: Mapping[str, PictureFaces],
    protocol: str,
    commands: Sequence[str],
) -> None:
    """Writes the page, which needs no other file.

    Args:
        path: of the HTML file.
        subjects: the detectors, of different names.
        pictures: what they were run on.
        faces: those of `pictures`.
        protocol: what the results are, in a line.
        commands: that made it.

    Raises:
        tfface.image.ImageReadError: a picture cannot be read.
        tfface.files.OutputError: nothing can be written there.
        ImportError: Matplotlib is not installed.
    """
    table = FaceTable.of(faces)
    allowed = int(FALSE_ALARMS_A_PICTURE * len(table.names))
    entries = []
    for subject in subjects:
        judgement = judge(subject.predictions, faces)
        entries.append(Entry(subject.name, judgement, judgement.threshold_at(allowed)))
    own = [entry for entry, subject in zip(entries, subjects, strict=True) if subject.own]
    colours = charts.colours_of([entry.name for entry in entries])
    classes = {
        entry.name: {
            attribute: [
                class_result(entry.judgement, table, attribute, number, entry.threshold)
                for number in range(len(CLASSES[attribute]))
            ]
            for attribute in table.attributes
        }
        for entry in entries
    }
    pairs = [
        Gallery(f"missed by {entry.name}, found by {other.name}", *_pair(entry, other, table))
        for entry in own or entries
        for other in entries
        if other is not entry
    ]
    misses = [Gallery(entry.name, *_misses(entry, entries, table)) for entry in entries]
    alarms = [Gallery(entry.name, *_false_alarms(entry, table)) for entry in entries]
    crops = render(
        [shown.crop for gallery in (*pairs, *misses, *alarms) for shown in gallery.shown],
        pictures.image_root,
    )
    counted = int(table.counted.sum())
    sections = [
        page.heading(
            f"{len(table.names)} of {pictures.listed} pictures, {counted} faces to find. "
            f"{protocol}. {datetime.date.today()}",
        ),
        page.overview(subjects, entries, table, colours, FALSE_ALARMS_A_PICTURE),
        page.section("Curves", charts.curves_chart({s.name: s.results for s in subjects}, colours)),
        page.class_section(charts.classes_chart(classes, colours), classes, colours),
        page.section(
            "Can the scores be believed?",
            page.RELIABILITY,
            charts.reliability_chart(
                {entry.name: reliability(entry.judgement) for entry in entries}, colours
            ),
        ),
        page.differences_section(entries, table, pairs, crops, colours),
        page.galleries("Worst misses", page.MISSES, misses, crops),
        page.galleries("Surest false alarms", page.FALSE_ALARMS, alarms, crops),
        page.section("Commands", page.preformatted(list(dict.fromkeys(commands)))),
    ]
    with atomic_path(path) as temporary:
        # Names of files need not be text, which a page has to be.
        text = page.document(sections)
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def _outlines(
    table: FaceTable, picture: int, entries: Sequence[tuple[Entry, tuple[int, int, int]]]
) -> tuple[tuple[Box, tuple[int, int, int]], ...]:
    """What is drawn in a picture: all annotated faces, and the boxes of detectors."""
    boxes = [(box, FACE) for box in table.boxes[table.picture == picture]]
    for entry, colour in entries:
        judgement = entry.judgement
        shown = (judgement.picture == picture) & (judgement.scores >= entry.threshold)
        boxes += [(box, colour) for box in judgement.boxes[shown]]
    return tuple((page.box_of(box), colour) for box, colour in boxes)


def _face_crop(
    table: FaceTable, face: int, entries: Sequence[tuple[Entry, tuple[int, int, int]]]
) -> Crop:
    picture = int(table.picture[face])
    outlines = _outlines(table, picture, entries)
    return Crop(table.names[picture], page.box_of(table.boxes[face]), outlines)


def _pair(entry: Entry, other: Entry, table: FaceTable) -> tuple[list[Shown], str]:
    faces = missed_but_found_by(entry, other, table)
    shown = [
        Shown(
            _face_crop(table, face, [(other, OTHER), (entry, OWN)]),
            f"found with {other.judgement.found[face]:.2f}; {page.reason(entry, face)}",
            page.describe(table, face),
        )
        for face in faces[:GALLERY]
    ]
    return shown, page.summary_of(entry, table, faces)


def _misses(entry: Entry, entries: Sequence[Entry], table: FaceTable) -> tuple[list[Shown], str]:
    others = [other for other in entries if other is not entry]
    shown = [
        Shown(
            _face_crop(table, face, [(entry, OWN)]),
            f"{page.reason(entry, face)}; found by {sum(other.finds[face] for other in others)} of "
            f"{len(others)} others",
            page.describe(table, face),
        )
        for face in worst_misses(entry, others, table, GALLERY)
    ]
    return shown, page.summary_of(entry, table, np.flatnonzero(table.counted & ~entry.finds))


def _false_alarms(entry: Entry, table: FaceTable) -> tuple[list[Shown], str]:
    judgement = entry.judgement
    shown = []
    for place in surest_false_alarms(entry, GALLERY):
        picture, box = int(judgement.picture[place]), page.box_of(judgement.boxes[place])
        outlines = (*_outlines(table, picture, [(entry, OWN)]), (box, OWN))
        caption = f"{judgement.scores[place]:.2f}, {page.mistake(judgement, int(place))}"
        shown.append(
            Shown(Crop(table.names[picture], box, outlines), caption, table.names[picture])
        )
    number = int(np.sum(judgement.wrong & (judgement.scores >= entry.threshold)))
    return shown, f"{number} of scores from {entry.threshold:.2f} on"
