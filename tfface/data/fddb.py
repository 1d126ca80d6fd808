"""The lists of FDDB: the faces of a picture as ellipses.

V. Jain and E. Learned-Miller, "FDDB: A Benchmark for Face Detection in Unconstrained Settings",
University of Massachusetts, UM-CS-2010-009.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tfface.data.listing import Listed, to_samples
from tfface.data.sample import ReadReport, Sample
from tfface.data.text import read_text

_ELLIPSE_LISTS = "FDDB-fold-*-ellipseList.txt"

_ADVICE = "unpack FDDB-folds.tgz of the FDDB page again"

_FARTHEST = 1e6
"""Pixels: no radius or centre is larger, and the drawing of OpenCV counts in 32 bits."""


def read_fddb(list_folder: Path, image_root: Path) -> tuple[list[Sample], ReadReport]:
    """Reads the lists of ellipses in a folder, a face being the box around its ellipse.

    See `tfface.data.listing.to_samples` for what is left out.

    Args:
        list_folder: `FDDB-folds`.
        image_root: `originalPics`.

    Raises:
        FileNotFoundError: there is no list, or no folder of pictures.
        ValueError: a list is not as FDDB writes it.
    """
    listed = []
    for name, ellipses in read_ellipses(list_folder).items():
        boxes = boxes_around(ellipses)
        listed.append(Listed(name, [tuple(box) for box in boxes.tolist()], [False] * len(boxes)))
    return to_samples(listed, list_folder, image_root)


def read_ellipses(folder: Path) -> dict[str, np.ndarray]:
    """Reads every `FDDB-fold-NN-ellipseList.txt` of `folder`.

    Returns:
        The ellipses of every picture, float64 `(n, 5)` as of `FddbFaces`, by its name relative to
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


def boxes_around(ellipses: np.ndarray) -> np.ndarray:
    """The boxes that ellipses `(m, 5)` touch from within, float32 `(m, 4)`."""
    major, minor, angle, x, y = ellipses.T
    half_width = np.hypot(major * np.cos(angle), minor * np.sin(angle))
    half_height = np.hypot(major * np.sin(angle), minor * np.cos(angle))
    edges = [x - half_width, y - half_height, x + half_width, y + half_height]
    return np.stack(edges, axis=-1).astype(np.float32)


def _read_list(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Yields the name of each picture of one file, without suffix, and its ellipses."""
    lines = read_text(path).rstrip().splitlines()
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
