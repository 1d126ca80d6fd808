"""Annotations as YOLO has them: a text file for each picture, with boxes relative to its size."""

import math
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from tfface.data.classes import check_declared, chosen_classes
from tfface.data.folders import visible_files
from tfface.data.inside import resolve_picture
from tfface.data.listing import MISSING, Listed, to_samples
from tfface.data.marks import score_of
from tfface.data.sample import ReadReport, Sample
from tfface.data.text import read_text
from tfface.data.yolo_names import CLASSES, class_names
from tfface.file_kinds import PICTURE_SUFFIXES
from tfface.image import ImageReadError, read_image

UNNAMED = {"0": "face"}
"""What the classes of a detector of faces are called where nothing names them."""


class Row(NamedTuple):
    """A line of a file: class, centre x, centre y, width and height as parts of the picture, score;
    and how many numbers stand behind the class."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    score: float
    numbers: int


def read_yolo(folder: Path, image_root: Path) -> tuple[list[Sample], ReadReport]:
    """Reads the text files of a folder and of those below, and all pictures of `image_root`.

    `labels/a/b.txt` is for the picture `images/a/b.jpg`, whatever its suffix. A line is the class,
    then centre x, centre y, width and height as parts of the upright picture's width and height;
    one number more is the score of a detector, in 0..1; several, such as landmarks, are passed
    over. A picture without a file, or with an empty one, has no faces. A file without a picture is
    in the report, as a picture that is missing. Class names are those of `classes.txt`, `obj.names`
    or `data.yaml` of the data set (`tfface.data.yolo_names`). Of several classes those named face
    count, or 0 where nothing names them. Hidden files are none. See
    `tfface.data.listing.to_samples` for what is left out.

    Raises:
        FileNotFoundError: there is no such folder, no text file with labels in it or below, or no
            folder of pictures.
        ValueError: a line is not that, where the message names file and line; or there are labels,
            none of which is of a picture, some of a class that has no name where others have one,
            or of faces as polygons.
    """
    for each in (folder, image_root):
        if not each.is_dir():
            raise FileNotFoundError(f"expected folders of labels and of pictures, got {each}")
    pictures = [
        path.relative_to(image_root) for path in visible_files(image_root, PICTURE_SUFFIXES)
    ]
    files = {name: _label_file(folder, name) for name in pictures}
    labels = {name: _rows(file) for name, file in files.items()}
    without = _without_picture(folder, set(files.values()))
    is_labelled = any(file.is_file() for file in files.values())
    if not is_labelled and not without:
        raise FileNotFoundError(f"expected a folder of YOLO text files, got none in {folder}")
    if pictures and not is_labelled:
        raise ValueError(
            f"{folder}: expected labels of the pictures in {image_root}, such as "
            f"{files[pictures[0]]} of {pictures[0].as_posix()}, got others, such as "
            f"{without[0].as_posix()}; name the folders that correspond"
        )
    used = {row.kind for rows in labels.values() for row in rows}
    called = class_names(folder)
    check_declared(used, called, folder)
    names = {key: (called or UNNAMED).get(key, key) for key in used}
    chosen = chosen_classes(names, folder, called) if used else set()
    faces = {name: [row for row in rows if row.kind in chosen] for name, rows in labels.items()}
    _refuse_polygons(folder, faces.values())
    listed = []
    for name, rows in faces.items():
        path = resolve_picture(image_root, name.as_posix(), folder)
        listed.append(_listed(name.as_posix(), path, rows))
    listed += [Listed(name.as_posix(), lacks=MISSING) for name in without]
    return to_samples(listed, folder, image_root)


def _label_file(folder: Path, name: Path) -> Path:
    file = folder / name.with_suffix(".txt")
    upper = folder / name.with_suffix(".TXT")
    return upper if upper.is_file() and not file.is_file() else file


def _without_picture(folder: Path, known: Collection[Path]) -> list[Path]:
    """The labels below a folder that are not `known`; other text is none."""
    names = []
    for file in visible_files(folder, (".txt",)):
        name = file.relative_to(folder)
        if file not in known and name.as_posix() != CLASSES:
            try:
                _rows(file)
            except ValueError:
                continue
            names.append(name)
    return names


def _rows(file: Path) -> list[Row]:
    rows = []
    lines = read_text(file).splitlines() if file.is_file() else []
    for number, line in enumerate(lines, start=1):
        kind, *words = line.split() or [""]
        if not kind:
            continue
        try:
            x, y, width, height = map(float, words[:4])
        except ValueError:
            x = y = width = height = math.nan
        if not all(-1 <= value <= 2 for value in (x, y, width, height)):
            raise ValueError(
                f"{file}:{number}: expected a class and x y w h as parts of the picture, in 0..1, "
                f"got {line!r}"
            )
        score = score_of(words[4], f"{file}:{number}") if len(words) == 5 else 1.0
        numbers = len(words) if all(map(_is_number, words)) else 4
        rows.append(Row(_class_number(kind), x, y, width, height, score, numbers))
    return rows


def _is_number(word: str) -> bool:
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False


def _refuse_polygons(folder: Path, labels: Iterable[Sequence[Row]]) -> None:
    """Raises where rows are no boxes but oriented ones, of four points, or polygons, of any number.

    Landmarks are as many of every face, and not two.
    """
    lengths = {row.numbers for rows in labels for row in rows if row.numbers > 5}
    if 8 in lengths or len(lengths) > 1:
        raise ValueError(
            f"{folder}: expected boxes as x y w h, behind which a score or as many landmarks of "
            f"every face may stand, got rows of {', '.join(map(str, sorted(lengths)))} numbers, as "
            "of polygons or oriented boxes; export boxes, the format of detection"
        )


def _class_number(word: str) -> str:
    """A class as `classes.txt` numbers it: 0 for 0.0, which tools of arrays write."""
    whole, point, zeros = word.partition(".")
    return whole if point and whole.isdecimal() and not zeros.strip("0") else word


def _listed(name: str, path: Path, faces: Sequence[Row]) -> Listed:
    if not faces:
        return Listed(name)
    try:
        down, across = read_image(path).shape[:2]
    except ImageReadError as error:
        return Listed(name, lacks=error.kind)
    boxes = [
        (
            across * (x - width / 2),
            down * (y - height / 2),
            across * (x + width / 2),
            down * (y + height / 2),
        )
        for _, x, y, width, height, *_ in faces
    ]
    return Listed(name, boxes, [False] * len(boxes), [face.score for face in faces])
