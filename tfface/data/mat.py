"""Annotations as MATLAB files have them: AFW, PASCAL Face and MAFA."""

from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfface.data.listing import LARGEST_COORDINATE, Listed, to_samples
from tfface.data.sample import ReadReport, Sample
from tfface.predict.packages import optional_packages
from tfface.reasons import reason_of


class FaceKind(IntEnum):
    """MAFA's `face_type`. Invalid are those too blurred, deformed or small, which it ignores."""

    MASKED = 1
    UNMASKED = 2
    INVALID = 3


class MatPicture(NamedTuple):
    """A picture of such a file: its name, boxes float32 `(n, 4)`, corners in pixels, and numbers.

    Attributes:
        name: of its file.
        boxes: x_min, y_min, x_max, y_max.
        marks: `(n,)`: of MAFA `FaceKind`, of the others 1 for a face that is ignored and 0.
    """

    name: str
    boxes: NDArray[np.float32]
    marks: NDArray[np.int64]


_TRAINING_COLUMNS, _TEST_COLUMNS = 21, 18
"""Numbers of a face of MAFA (readme-train.txt, readme-test.txt)."""


def face_pictures(path: Path) -> list[MatPicture]:
    """The pictures of AFW or PASCAL Face as the toolbox of Mathias et al. has them (ECCV 2014).

    `Annotations` is a structure a picture of `imgname` and `objects`, a row a face: x_min, y_min,
    x_max, y_max, and in the sixth column, if there is one, whether it is ignored.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is another one.
    """
    pictures = []
    for entry in _entries(path, "Annotations"):
        rows = _rows(path, entry["objects"], 4)
        ignored = rows[:, 5] != 0 if rows.shape[1] > 5 else np.zeros(len(rows), bool)
        boxes = rows[:, :4].astype(np.float32)
        pictures.append(MatPicture(_text(entry["imgname"]), boxes, ignored.astype(np.int64)))
    return pictures


def mafa_pictures(path: Path) -> list[MatPicture]:
    """The pictures of MAFA, of LabelTestAll.mat or LabelTrainAll.mat, whose faces are all masked.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is another one.
    """
    pictures = []
    for entry in _entries(path, "LabelTest", "label_train"):
        *_, name, label = (entry[place] for place in range(len(entry)))
        rows = _rows(path, label, _TEST_COLUMNS)
        is_training = rows.shape[1] >= _TRAINING_COLUMNS
        kinds = np.full(len(rows), FaceKind.MASKED) if is_training else rows[:, 4]
        boxes = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4]], axis=1)
        pictures.append(MatPicture(_text(name), boxes.astype(np.float32), kinds.astype(np.int64)))
    return pictures


def read_faces_mat(list_file: Path, image_root: Path) -> tuple[list[Sample], ReadReport]:
    """Reads AFW or PASCAL Face, see `face_pictures`, and `to_samples` for what is left out."""
    listed = [_listed(each, each.marks != 0) for each in face_pictures(list_file)]
    return to_samples(listed, list_file, image_root)


def read_mafa(list_file: Path, image_root: Path) -> tuple[list[Sample], ReadReport]:
    """Reads MAFA, see `mafa_pictures`; invalid faces are ignored."""
    pictures = mafa_pictures(list_file)
    listed = [_listed(each, each.marks == FaceKind.INVALID) for each in pictures]
    return to_samples(listed, list_file, image_root)


def _listed(picture: MatPicture, ignored: NDArray[np.bool_]) -> Listed:
    return Listed(picture.name, [tuple(box) for box in picture.boxes.tolist()], ignored.tolist())


def _entries(path: Path, *variables: str) -> Iterator[Any]:
    """The structures of the first of these variables that the file has."""
    with optional_packages("evaluate"):
        from scipy.io import loadmat

    if not path.is_file():
        raise FileNotFoundError(f"expected a MATLAB file at {path}, got no such file")
    try:
        content = loadmat(path)
        found = next((content[name] for name in variables if name in content), None)
        if found is None or found.dtype.names is None:
            names = ", ".join(name for name in content if not name.startswith("_"))
            raise ValueError(f"the variables {names or 'of nothing'}")
        yield from found.ravel()
    except Exception as error:  # SciPy raises whatever a damaged file leads to
        raise ValueError(
            f"{path}: expected a MATLAB file with the structures {' or '.join(variables)}, got "
            f"something else: {reason_of(error)}"
        ) from error


def _rows(path: Path, cell: Any, fewest: int) -> NDArray[np.float64]:
    """The numbers of the faces of a picture, `(n, fewest or more)`."""
    rows = np.asarray(cell)
    if rows.size == 0:
        return np.zeros((0, fewest))
    if rows.ndim != 2 or rows.shape[1] < fewest or rows.dtype == object:
        raise ValueError(
            f"{path}: expected a row of {fewest} numbers or more a face, got {rows.dtype} of shape "
            f"{rows.shape}"
        )
    rows = rows.astype(np.float64)
    if not (np.abs(rows[:, :4]) <= LARGEST_COORDINATE).all():  # NaN is not below anything
        raise ValueError(
            f"{path}: expected boxes in pixels, finite and at most {LARGEST_COORDINATE:,.0f}, got "
            "others"
        )
    return rows


def _text(cell: Any) -> str:
    return str(np.asarray(cell).ravel()[0]) if np.asarray(cell).size else ""
