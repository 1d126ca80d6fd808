"""Annotations as a table of comma-separated values, one row for each face."""

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from tfface.data.classes import chosen_classes
from tfface.data.listing import Listed, to_samples
from tfface.data.marks import is_marked, score_of
from tfface.data.sample import ReadReport, Sample

PICTURE = ("image", "filename", "file_name", "image_name", "path", "picture", "name", "image_id")
CORNERS = (
    ("xmin", "ymin", "xmax", "ymax"),
    ("x1", "y1", "x2", "y2"),
    ("left", "top", "right", "bottom"),
)
SIZES = (
    ("x", "y", "w", "h"),
    ("x", "y", "width", "height"),
    ("left", "top", "width", "height"),
)
CLASS = (
    *("classname", "labelname", "categoryname"),  # before the number that may stand beside it
    *("class", "label", "category", "classid", "categoryid"),
)
IGNORED = ("ignored", "ignore", "difficult", "iscrowd")
SCORE = ("score", "confidence", "conf")
"""What columns may be called, in lower case and without `_`, but for the pictures."""

Row = Mapping[str, str]


def read_csv(list_file: Path, image_root: Path) -> tuple[list[Sample], ReadReport]:
    """Reads a table with a heading: the picture, and four numbers of a face in pixels.

    Columns are found by their names: a picture, and x_min, y_min, x_max, y_max (also xmin, x1 or
    left, and so on) or x, y, width, height; a class, whether a face is ignored and the score of a
    detector may stand there too. Columns are parted by commas, semicolons or tabs. A row whose four
    numbers are empty is a picture without faces; one without anything, as spreadsheets leave them,
    is none. Of several classes those named face count. See `tfface.data.listing.to_samples` for
    what is left out.

    Raises:
        FileNotFoundError: there is no list, or no folder of pictures.
        ValueError: it has no such heading, or a row is not as the heading says; the message names
            file and line.
    """
    try:
        lines = list_file.read_bytes().decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{list_file}: expected CSV in UTF-8, got other bytes: {error}") from error
    heading = lines[0] if lines else ""
    delimiter = max(",;\t", key=heading.count)
    names = [name.strip().lower() for name in next(csv.reader([heading], delimiter=delimiter), [])]
    picture = next((name for name in PICTURE if name in names), None)
    plain = [name.replace("_", "") for name in names]
    edges = next((each for each in (*CORNERS, *SIZES) if set(each) <= set(plain)), None)
    if picture is None or edges is None:
        raise ValueError(
            f"{list_file}:1: expected a heading with the picture ({', '.join(PICTURE)}) and x_min, "
            f"y_min, x_max, y_max or x, y, width, height, got {heading!r}"
        )
    plain[names.index(picture)] = picture
    reader = csv.DictReader(lines[1:], plain, delimiter=delimiter, strict=True)
    rows: dict[str, list[tuple[str, Row]]] = defaultdict(list)
    try:
        for row in reader:
            place = f"{list_file}:{reader.line_num + 1}"
            if not any(isinstance(value, str) and value.strip() for value in row.values()):
                continue
            if not (row[picture] or "").strip():
                raise ValueError(f"{place}: expected a picture in the column {picture}, got none")
            rows[row[picture].strip()].append((place, row))
    except csv.Error as error:
        raise ValueError(f"{list_file}:{reader.line_num + 1}: expected CSV, got {error}") from error
    return to_samples(_listed(rows, edges, list_file), list_file, image_root)


def _listed(
    rows: Mapping[str, Sequence[tuple[str, Row]]], edges: Sequence[str], list_file: Path
) -> list[Listed]:
    classes = {_first(row, CLASS) for of_picture in rows.values() for _, row in of_picture}
    classes -= {""}  # as of a picture without faces
    chosen = chosen_classes({name: name for name in classes}, list_file) if classes else {""}
    listed = []
    for name, of_picture in rows.items():
        boxes, ignored, scores = [], [], []
        for place, row in of_picture:
            if not any((row[edge] or "").strip() for edge in edges):
                continue
            box, kind = _box(row, edges, place), _first(row, CLASS)
            if classes and not kind:
                raise ValueError(
                    f"{place}: expected the class of a box, as other rows have it, got none; write "
                    "it there, or leave the box out"
                )
            if kind in chosen:
                boxes.append(box)
                ignored.append(any(is_marked(row[name], place) for name in IGNORED if name in row))
                scores.append(score_of(_first(row, SCORE), place))
        listed.append(Listed(name, boxes, ignored, scores))
    return listed


def _first(row: Row, names: Sequence[str]) -> str:
    """What stands in the first of these columns that there is; nothing without one."""
    return next(((row[name] or "").strip() for name in names if name in row), "")


def _box(row: Row, edges: Sequence[str], place: str) -> tuple[float, float, float, float]:
    try:
        x, y, third, fourth = (float(row[edge] or "") for edge in edges)
    except ValueError as error:
        raise ValueError(
            f"{place}: expected numbers of {', '.join(edges)}, got "
            f"{', '.join(repr(row[edge]) for edge in edges)}"
        ) from error
    return (x, y, third, fourth) if edges in CORNERS else (x, y, x + third, y + fourth)
