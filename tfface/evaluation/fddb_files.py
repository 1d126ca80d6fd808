"""The files of the FDDB evaluation: official ellipses in, official predictions out."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from tfface.data.inside import resolve_inside
from tfface.evaluation.fddb import FddbFaces
from tfface.evaluation.pictures import PictureSet, parse_rows
from tfface.files import atomic_path
from tfface.image import read_image

_ELLIPSE_LISTS = "FDDB-fold-*-ellipseList.txt"

_ADVICE = "unpack FDDB-folds.tgz of the FDDB page again"

_FARTHEST = 1e6
"""Pixels: no radius or centre is larger, and the drawing of OpenCV counts in 32 bits."""


def open_fddb(dataset_dir: Path) -> PictureSet[FddbFaces]:
    """Finds the pictures of FDDB in `dataset_dir`, which holds `originalPics` and `FDDB-folds`.

    Pictures that are missing are left out of the ground truth, so they cost no recall. Those
    present are read, for their size.

    Raises:
        FileNotFoundError: lists of ellipses are missing, or every picture is.
        ValueError: a list is not as FDDB writes it, or names something outside `originalPics`.
        tfface.image.ImageReadError: a picture cannot be read.
    """
    image_root = Path(dataset_dir) / "originalPics"
    listed = read_ellipses(Path(dataset_dir) / "FDDB-folds")
    present = {
        name: rows
        for name, rows in listed.items()
        if resolve_inside(image_root, name, "FDDB-folds").is_file()
    }
    if not present:
        raise FileNotFoundError(
            f"expected pictures of FDDB in {image_root}, got none; unpack originalPics.tar.gz "
            "there or name another folder"
        )
    ground_truth = {}
    for name, ellipses in present.items():
        height, width = read_image(image_root / name).shape[:2]
        ground_truth[name] = FddbFaces(ellipses, (height, width))
    return PictureSet(image_root, ground_truth, len(listed))


def read_ellipses(folder: Path) -> dict[str, np.ndarray]:
    """Reads every `FDDB-fold-NN-ellipseList.txt` of `folder`.

    Returns:
        The ellipses of every picture, float64 `(n, 5)` as in `FddbFaces`, by its name relative to
        the folder of pictures ("2002/08/11/big/img_591.jpg"), in the order of the files. A picture
        may have none.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a file is not as FDDB writes it, or two entries are of one picture.
    """
    paths = sorted(folder.glob(_ELLIPSE_LISTS))
    if not paths:
        raise FileNotFoundError(
            f"expected the official ellipses at {folder / _ELLIPSE_LISTS}, got no such file; "
            f"{_ADVICE}"
        )
    ellipses: dict[str, np.ndarray] = {}
    for path in paths:
        for picture, rows in _read_list(path):
            name = f"{picture}.jpg"
            if name in ellipses:
                raise ValueError(
                    f"{path}: expected every picture once, got {picture} again; {_ADVICE}"
                )
            ellipses[name] = rows
    return ellipses


def write_predictions(predictions: Mapping[str, np.ndarray], folder: Path) -> None:
    """Writes predictions `(n, 5)` as the official tool reads them, `folder/detections.txt`.

    For every picture the file holds its name, the number of detections and a line `x y w h score`
    for each, scores falling. `folder/pictures.txt` is the list of the names in the same order,
    which the tool wants, too (`evaluate -l pictures.txt -d detections.txt`).
    """
    pictures, lines = [], []
    for name, rows in predictions.items():
        pictures.append(str(PurePosixPath(name).with_suffix("")))
        lines += [pictures[-1], str(len(rows))]
        for x_min, y_min, x_max, y_max, score in rows[np.argsort(-rows[:, 4], kind="stable")]:
            size = f"{x_max - x_min:.3f} {y_max - y_min:.3f}"
            lines.append(f"{x_min:.3f} {y_min:.3f} {size} {score:.8f}")
    for file, content in (("detections.txt", lines), ("pictures.txt", pictures)):
        with atomic_path(folder / file) as temporary:
            temporary.write_text("".join(f"{line}\n" for line in content))


def read_predictions(folder: Path, names: Collection[str]) -> dict[str, np.ndarray]:
    """Reads predictions that `write_predictions`, or another project, has written as boxes.

    Args:
        folder: with `detections.txt`, which may hold further pictures.
        names: of the pictures.

    Returns:
        Float64 `(n, 5)` by picture: x_min, y_min, x_max, y_max and score.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not as the official tool reads it, or a picture is not in it.
    """
    path = folder / "detections.txt"
    if not path.is_file():
        raise FileNotFoundError(
            f"expected detections in the layout of FDDB at {path}, got no such file; write them "
            "with --predictions"
        )
    lines = path.read_text().splitlines()
    listed: dict[str, np.ndarray] = {}
    position = 0
    while position < len(lines):
        count = lines[position + 1].strip() if position + 1 < len(lines) else ""
        end = position + 2 + (int(count) if count.isdecimal() else 0)
        place = f"{path}:{position + 2}"
        listed[f"{lines[position].strip()}.jpg"] = parse_rows(lines[position + 1 : end], place)
        position = end
    missing = [name for name in names if name not in listed]
    if missing:
        raise ValueError(
            f"{path}: expected detections of every picture, got none of {missing[0]}"
            f"{f' and {len(missing) - 1} others' if missing[1:] else ''}"
        )
    return {name: listed[name] for name in names}


def _read_list(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Yields the name of each picture of one file, without suffix, and its ellipses."""
    lines = path.read_text(encoding="utf-8-sig").rstrip().splitlines()
    position = 0
    while position < len(lines):
        picture = lines[position].strip()
        count = lines[position + 1].strip() if position + 1 < len(lines) else "the end of the file"
        if not count.isdecimal():
            raise ValueError(
                f"{path}:{position + 2}: expected the number of faces of {picture!r}, got "
                f"{count!r}; {_ADVICE}"
            )
        begin, position = position + 2, position + 2 + int(count)
        if position > len(lines):
            raise ValueError(
                f"{path}: expected {count} faces of {picture}, got {len(lines) - begin}: the file "
                f"ends; {_ADVICE}"
            )
        rows = [
            _parse_ellipse(lines[index], f"{path}:{index + 1}") for index in range(begin, position)
        ]
        yield picture, np.array(rows, dtype=np.float64).reshape(-1, 5)


def _parse_ellipse(line: str, place: str) -> list[float]:
    """The five numbers of a line `major minor angle x y 1`; the last is a score, always 1."""
    try:
        major, minor, angle, x, y, _ = map(float, line.split())
    except ValueError:
        raise ValueError(
            f"{place}: expected major_radius minor_radius angle x y 1, got {line!r}; {_ADVICE}"
        ) from None
    # NaN is not below anything.
    if not (np.abs([major, minor, angle, x, y]) <= _FARTHEST).all() or min(major, minor) <= 0:
        raise ValueError(
            f"{place}: expected numbers up to {_FARTHEST:g} and radii above 0, got {line!r}; "
            f"{_ADVICE}"
        )
    return [major, minor, angle, x, y]
