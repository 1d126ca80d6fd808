"""The HTML of a report: one page that needs no other file."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from tfface.evaluation.fddb import FddbCurve
from tfface.evaluation.report.breakdown import ClassResult
from tfface.evaluation.report.crops import FACE, OTHER, OWN, SIDE, Box, Crop
from tfface.evaluation.report.differences import REASONS, Entry, missed_but_found_by
from tfface.evaluation.report.faces import CLASSES, HEIGHT
from tfface.evaluation.report.judgement import NEAR_IOU, NEVER, FaceTable, Judgement
from tfface.evaluation.report.subject import Subject

_STYLE = f"""
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 1240px; padding: 0 1em;
  color: #222; background: #fff; }}
h2 {{ margin-top: 2em; border-bottom: 1px solid #ddd; }}
svg {{ max-width: 100%; height: auto; }}
table {{ border-collapse: collapse; margin: .5em 0; display: block; overflow-x: auto; }}
th, td {{ padding: .2em .7em; text-align: right; border-bottom: 1px solid #eee; }}
th, td:first-child {{ white-space: nowrap; }}
th:first-child, td:first-child {{ text-align: left; }}
td.best {{ font-weight: bold; }}
td.text {{ text-align: left; padding-left: 2em; }}
.swatch {{ display: inline-block; width: .8em; height: .8em; margin-right: .4em; }}
.crops {{ display: flex; flex-wrap: wrap; gap: 8px; }}
figure {{ margin: 0; width: {SIDE}px; }}
figcaption {{ font-size: 11px; line-height: 1.3; overflow-wrap: anywhere; }}
details {{ margin: .4em 0; }}
summary {{ cursor: pointer; }}
pre {{ background: #f6f6f6; padding: .8em; white-space: pre-wrap; overflow-wrap: anywhere; }}
"""

RELIABILITY = (
    "<p>A score can be believed where its line is on the diagonal: of all detections with scores "
    "around 0.7, seven in ten are right. The error is the mean distance from it, over all "
    "detections. Detections on faces that do not count are left out.</p>"
)
MISSES = (
    "<p>First the faces that most of the other detectors find, and of them the largest. Frames: "
    "{face} annotated face, {own} box of the detector.</p>"
)
FALSE_ALARMS = (
    "<p>Wrong detections of the highest scores. Where a face can be seen all the same, nobody "
    "has marked it. Frames: {face} annotated face, {own} box of the detector.</p>"
)
_DIFFERENCES = (
    "<p>Faces that the detector of the row misses and that of the column finds, both at the "
    "thresholds above. The crops are in order of the score of the one that finds them, which "
    "stands first; then what the other one has there. Frames: {face} annotated face, {other} box "
    "of the one that finds it, {own} box of the one that misses it.</p>"
)


@dataclass(frozen=True, eq=False)
class Shown:
    """A crop with a line that says what it shows, and one on the face for whoever points at it."""

    crop: Crop
    caption: str
    details: str


@dataclass(frozen=True, eq=False)
class Gallery:
    """Crops under a title, and in a line what they are examples of."""

    title: str
    shown: Sequence[Shown]
    summary: str


def document(sections: Iterable[str]) -> str:
    """The whole page."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n<title>Face detectors</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n" + "\n".join(sections) + "\n</body>\n</html>\n"
    )


def heading(line: str) -> str:
    """The title of the page."""
    return f"<h1>Face detectors compared</h1>\n<p>{escape(line)}</p>"


def section(title: str, *contents: str) -> str:
    """HTML under a title."""
    return "\n".join([f"<h2>{escape(title)}</h2>", *contents])


def preformatted(lines: Sequence[str]) -> str:
    """Lines as they are."""
    return f"<pre>{escape(chr(10).join(lines))}</pre>"


def table_of(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already, with or without their `<td>`, below names."""
    cells = "".join(f"<th>{escape(name)}</th>" for name in header)
    lines = [f"<tr>{cells}</tr>"]
    for row in rows:
        cells = "".join(cell if cell.startswith("<td") else f"<td>{cell}</td>" for cell in row)
        lines.append(f"<tr>{cells}</tr>")
    return "<table>\n" + "\n".join(lines) + "\n</table>"


def named(name: str, colours: Mapping[str, str]) -> str:
    """The name of a detector beside its colour."""
    return f'<span class="swatch" style="background:{colours[name]}"></span>{escape(name)}'


def best_of(rows: Sequence[Sequence[float]]) -> np.ndarray:
    """The highest number of each column; `nan` where all are equal."""
    values = np.nan_to_num(np.array(rows), nan=-1.0)
    best = values.max(axis=0)
    return np.where(best > values.min(axis=0), best, np.nan)


def percentages(values: Sequence[float], best: np.ndarray) -> list[str]:
    """Cells with parts of 1 in per cent; what is the best of its column (`best_of`) is bold."""
    cells = []
    for value, highest in zip(values, best, strict=True):
        text = "" if np.isnan(value) else f"{100 * value:.1f}"
        cells.append(f'<td class="best">{text}</td>' if value == highest else f"<td>{text}</td>")
    return cells


def overview(
    subjects: Sequence[Subject],
    entries: Sequence[Entry],
    table: FaceTable,
    colours: Mapping[str, str],
    false_alarms: float,
) -> str:
    """The table of results, and of the thresholds at which detectors are compared.

    Args:
        subjects: of the report.
        entries: the same detectors.
        table: all faces.
        colours: by detector.
        false_alarms: wrong detections a picture at the thresholds.
    """
    columns, values = [], []
    for name, curve in subjects[0].results.items():
        columns += [f"{name}, {label}" for label in _quantities(curve)]
    for subject, entry in zip(subjects, entries, strict=True):
        numbers = [
            number for curve in subject.results.values() for number in _quantities(curve).values()
        ]
        recall = entry.finds[table.counted].mean() if table.counted.any() else np.nan
        values.append([*numbers, float(recall)])
    best = best_of(values)
    rows = [
        [
            named(entry.name, colours),
            *percentages(numbers, best),
            f"{entry.threshold:.2f}",
            f'<td class="text">{escape(subject.origin)}</td>',
        ]
        for subject, entry, numbers in zip(subjects, entries, values, strict=True)
    ]
    return section(
        "Results",
        table_of(["detector", *columns, "recall, %", "threshold", ""], rows),
        f"<p>Recall is that at the threshold, from which on a detector has {false_alarms:g} wrong "
        "detections a picture. Everything below that needs a threshold has this one, since scores "
        "of different detectors mean different things.</p>",
    )


def _quantities(curve: Any) -> dict[str, float]:
    """The numbers that are published of a curve, in 0..1."""
    if isinstance(curve, FddbCurve):
        return {"% at 100 false positives": curve.rate_at(100)}
    return {"AP": curve.average_precision}


def class_section(
    chart: str,
    results: Mapping[str, Mapping[str, Sequence[ClassResult]]],
    colours: Mapping[str, str],
) -> str:
    """Results by class of face, as a chart and as tables."""
    parts = []
    for attribute in next(iter(results.values())):
        parts.append(f"<h3>{escape(attribute)}</h3>")
        of_attribute = {name: by[attribute] for name, by in results.items()}
        counts = [entry.faces for entry in next(iter(of_attribute.values()))]
        for title, quantity in (("AP, %", "average_precision"), ("recall, %", "recall")):
            values = [[getattr(r, quantity) for r in of] for of in of_attribute.values()]
            best = best_of(values)
            rows = [
                [named(name, colours), *percentages(row, best)]
                for name, row in zip(of_attribute, values, strict=True)
            ]
            header = [f"{name} ({n})" for name, n in zip(CLASSES[attribute], counts, strict=True)]
            parts.append(table_of([title, *header], rows))
    return section(
        "By kind of face",
        "<p>Average precision on the faces of a class, where those of others do not count; and the "
        "part of them that is found at the threshold above. Wrong detections count against every "
        "class, but against a class of height only those of that height, so average precisions are "
        "to be compared between detectors, not between classes. Height is in pixels of the "
        "picture.</p>",
        chart,
        f"<details><summary>The numbers</summary>{''.join(parts)}</details>",
    )


def differences_section(
    entries: Sequence[Entry],
    table: FaceTable,
    pairs: Sequence[Gallery],
    crops: Mapping[Crop, str],
    colours: Mapping[str, str],
) -> str:
    """Who misses what others find: numbers, and the faces."""
    rows = [
        [
            named(entry.name, colours),
            *(
                "" if other is entry else str(len(missed_but_found_by(entry, other, table)))
                for other in entries
            ),
        ]
        for entry in entries
    ]
    header = ["missed by, found by:", *(entry.name for entry in entries)]
    return section(
        "Which faces does one miss that another one finds?",
        _with_legend(_DIFFERENCES),
        table_of(header, rows),
        *_galleries(pairs, crops),
    )


def galleries(title: str, text: str, shown: Sequence[Gallery], crops: Mapping[Crop, str]) -> str:
    """Galleries under a title."""
    return section(title, _with_legend(text), *_galleries(shown, crops))


def _galleries(shown: Sequence[Gallery], crops: Mapping[Crop, str]) -> list[str]:
    """Galleries to unfold, of which the first that shows something is."""
    first = next((gallery for gallery in shown if gallery.shown), None)
    return [_gallery(gallery, crops, gallery is first) for gallery in shown]


def _gallery(gallery: Gallery, crops: Mapping[Crop, str], unfolded: bool) -> str:
    figures = [
        f'<figure title="{escape(shown.details)}"><img src="{crops[shown.crop]}" width="{SIDE}" '
        f'height="{SIDE}" alt="{escape(shown.details)}"><figcaption>{escape(shown.caption)}'
        "</figcaption></figure>"
        for shown in gallery.shown
    ]
    summary = f"<b>{escape(gallery.title)}</b>: {escape(gallery.summary)}"
    return (
        f"<details{' open' if unfolded else ''}><summary>{summary}</summary>\n"
        f'<div class="crops">{"".join(figures)}</div></details>'
    )


def _with_legend(text: str) -> str:
    swatches = {
        name: f'<span class="swatch" style="background:rgb{colour}"></span>'
        for name, colour in (("face", FACE), ("own", OWN), ("other", OTHER))
    }
    return text.format(**swatches)


def box_of(box: np.ndarray) -> Box:
    """A box `(4,)` as numbers."""
    x_min, y_min, x_max, y_max = (round(float(edge), 1) for edge in box)
    return x_min, y_min, x_max, y_max


def describe(table: FaceTable, face: int) -> str:
    """A face in words."""
    x_min, y_min, x_max, y_max = table.boxes[face]
    classes = [
        CLASSES[name][numbers[face]]
        for name, numbers in table.attributes.items()
        if name != HEIGHT and numbers[face]
    ]
    size = f"{x_max - x_min:.0f}x{y_max - y_min:.0f} pixels"
    return ", ".join([table.names[table.picture[face]], size, *classes])


def reason(entry: Entry, face: int) -> str:
    """Why a detector misses a face, for a caption."""
    what, score = entry.has_there(face)
    return what if score == NEVER else f"{what} {score:.2f}"


def mistake(judgement: Judgement, detection: int) -> str:
    """What is wrong with a detection, for a caption."""
    if judgement.face[detection] >= 0:
        return "second box on a face"
    overlap = judgement.overlap[detection]
    return f"overlaps a face by {overlap:.2f}" if overlap >= NEAR_IOU else "no face marked"


def summary_of(entry: Entry, table: FaceTable, faces: np.ndarray) -> str:
    """How many faces a detector misses, why, and of which heights and kinds they are."""
    reasons = Counter(entry.has_there(face)[0] for face in faces)
    parts = [f"{len(faces)} faces", _counted((what, reasons[what]) for what in REASONS)]
    for attribute, numbers in table.attributes.items():
        counts = np.bincount(numbers[faces], minlength=len(CLASSES[attribute]))
        # The first class of all but height is what a face should be.
        classes = list(zip(CLASSES[attribute], counts.tolist(), strict=True))
        described = _counted(classes if attribute == HEIGHT else classes[1:])
        parts.append(f"{HEIGHT} {described}" if attribute == HEIGHT and described else described)
    return "; ".join(part for part in parts if part)


def _counted(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in counts if count)
