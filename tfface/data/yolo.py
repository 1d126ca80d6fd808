"""Annotations as YOLO has them: a text file for each picture, with boxes relative to its size."""

import math
from collections.abc import Collection, Sequence
from pathlib import Path, PurePath

from tfface.data.classes import chosen_class
from tfface.data.inside import resolve_picture
from tfface.data.listing import MISSING, Listed, to_samples
from tfface.data.marks import score_of
from tfface.data.sample import ReadReport, Sample
from tfface.data.text import read_text
from tfface.data.yolo_names import CLASSES, class_names
from tfface.file_kinds import PICTURE_SUFFIXES
from tfface.image import ImageReadError, read_image

Row = tuple[str, float, float, float, float, float]
"""Class, centre x, centre y, width, height, and score."""


def read_yolo(folder: Path, image_root: Path) -> tuple[list[Sample], ReadReport]:
    """Reads the text files of a folder and of those below, and all pictures of `image_root`.

    `labels/a/b.txt` is for the picture `images/a/b.jpg`, whatever its suffix. A line is the class,
    then centre x, centre y, width and height as parts of the upright picture's width and height;
    one number more is the score of a detector, several, such as landmarks, are passed over. A
    picture without a file, or with an empty one, has no faces. A file without a picture is in the
    report, as a picture that is missing. Class names are those of `classes.txt` in the folder, or
    of the `data.yaml` of the data set (`tfface.data.yolo_names`). Of several classes the one named
    face counts, or 0. Hidden files are none. See `tfface.data.listing.to_samples` for what is left
    out.

    Raises:
        FileNotFoundError: there is no such folder, no text file with labels in it or below, or no
            folder of pictures.
        ValueError: a line is not that, where the message names file and line; or there are labels,
            none of which is of a picture.
    """
    for each in (folder, image_root):
        if not each.is_dir():
            raise FileNotFoundError(f"expected folders of labels and of pictures, got {each}")
    pictures = sorted(
        path.relative_to(image_root)
        for path in image_root.rglob("*")
        if path.suffix.lower() in PICTURE_SUFFIXES
        and path.is_file()
        and not _is_hidden(path.relative_to(image_root))
    )
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
    used = {row[0] for rows in labels.values() for row in rows}
    called = class_names(folder)
    names = {key: called.get(key, key) for key in used}
    chosen = chosen_class(names, folder, called) if used else None
    listed = []
    for name, rows in labels.items():
        path = resolve_picture(image_root, name.as_posix(), folder)
        faces = [row[1:] for row in rows if row[0] == chosen]
        listed.append(_listed(name.as_posix(), path, faces))
    listed += [Listed(name.as_posix(), lacks=MISSING) for name in without]
    return to_samples(listed, folder, image_root)


def _is_hidden(name: PurePath) -> bool:
    return any(part.startswith(".") for part in name.parts)


def _label_file(folder: Path, name: Path) -> Path:
    file = folder / name.with_suffix(".txt")
    upper = folder / name.with_suffix(".TXT")
    return upper if upper.is_file() and not file.is_file() else file


def _without_picture(folder: Path, known: Collection[Path]) -> list[Path]:
    """The labels below a folder that are not `known`; other text is none."""
    names = []
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder)
        is_text = file.suffix.lower() == ".txt" and not _is_hidden(name) and file.is_file()
        if is_text and file not in known and name.as_posix() != CLASSES:
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
        rows.append((_class_number(kind), x, y, width, height, score))
    return rows


def _class_number(word: str) -> str:
    """A class as `classes.txt` numbers it: 0 for 0.0, which tools of arrays write."""
    whole, point, zeros = word.partition(".")
    return whole if point and whole.isdecimal() and not zeros.strip("0") else word


def _listed(name: str, path: Path, faces: Sequence[tuple[float, ...]]) -> Listed:
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
        for x, y, width, height, _ in faces
    ]
    return Listed(name, boxes, [False] * len(boxes), [score for *_, score in faces])
