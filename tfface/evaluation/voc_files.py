"""The files of AFW, PASCAL Face and MAFA: official annotations in, predictions out."""

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np

from tfface.data.mat import MatPicture, face_pictures, mafa_pictures
from tfface.data.text import read_text
from tfface.evaluation.coco import BoxFaces
from tfface.evaluation.pictures import PictureSet, present_pictures
from tfface.evaluation.voc import MafaFaces
from tfface.files import atomic_path

AFW = "new_annotations_AFW.mat", "testimages"
PASCAL_FACE = "Annotations_Face_PASCALLayout_large_fixed.mat", "images"
MAFA = "MAFA-Label-Test/LabelTestAll.mat", "test-images/images"
"""Annotations, and the folder of pictures: of AFW and PASCAL Face as their toolbox has them."""

_FILE = "detections.txt"


def open_afw(dataset_dir: Path) -> PictureSet[BoxFaces]:
    """Finds the pictures of AFW in `dataset_dir`, which holds what `AFW` names.

    Pictures that are missing are left out of the ground truth, so they cost no recall.

    Raises:
        FileNotFoundError: the annotations are missing, or every picture is.
        ValueError: the annotations are damaged, or name something outside the folder of pictures.
    """
    return _open_faces(dataset_dir, *AFW)


def open_pascal_face(dataset_dir: Path) -> PictureSet[BoxFaces]:
    """Finds the pictures of PASCAL Face, as `open_afw` does, with what `PASCAL_FACE` names."""
    return _open_faces(dataset_dir, *PASCAL_FACE)


def open_mafa(dataset_dir: Path) -> PictureSet[MafaFaces]:
    """Finds the test pictures of MAFA, as `open_afw` does, with what `MAFA` names."""
    annotations, images = (Path(dataset_dir) / part for part in MAFA)
    listed = mafa_pictures(annotations)
    present = _present(listed, images, annotations)
    faces = {name: MafaFaces(each.boxes, each.marks) for name, each in present.items()}
    return PictureSet(images, faces, len(listed))


def _open_faces(dataset_dir: Path, file: str, folder: str) -> PictureSet[BoxFaces]:
    annotations, images = Path(dataset_dir) / file, Path(dataset_dir) / folder
    listed = face_pictures(annotations)
    present = _present(listed, images, annotations)
    faces = {name: BoxFaces(each.boxes, each.marks != 0) for name, each in present.items()}
    return PictureSet(images, faces, len(listed))


def _present(
    listed: Collection[MatPicture], images: Path, annotations: Path
) -> dict[str, MatPicture]:
    return present_pictures(
        {each.name: each for each in listed},
        images,
        str(annotations),
        annotations.name,
        "unpack them there or name another folder",
    )


def write_predictions(predictions: Mapping[str, np.ndarray], folder: Path) -> None:
    """Writes predictions `(n, 5)` as the toolbox reads them, `folder/detections.txt`.

    A line is a detection: the picture without its suffix, the score, x_min, y_min, x_max, y_max.
    """
    lines = [
        f"{_key(name)} {score:.8f} {x_min:.3f} {y_min:.3f} {x_max:.3f} {y_max:.3f}\n"
        for name, rows in predictions.items()
        for x_min, y_min, x_max, y_max, score in rows[np.argsort(-rows[:, 4], kind="stable")]
    ]
    with atomic_path(folder / _FILE) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8")


def read_predictions(folder: Path, names: Collection[str]) -> dict[str, np.ndarray]:
    """Reads predictions that `write_predictions`, or another project, has written.

    Args:
        folder: with `detections.txt`, which may hold further pictures.
        names: of the pictures; one without a line has no detections.

    Returns:
        Float64 `(n, 5)` by picture: x_min, y_min, x_max, y_max and score.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a line is not as the toolbox reads it, or no line is of one of the pictures.
    """
    path = folder / _FILE
    if not path.is_file():
        raise FileNotFoundError(
            f"expected detections in the layout of AFW and PASCAL Face at {path}, got no such "
            "file; write them with --predictions"
        )
    lines = read_text(path).rstrip().splitlines()
    found: dict[str, list[list[float]]] = {_key(name): [] for name in names}
    for number, line in enumerate(lines, start=1):
        try:
            name, *numbers = line.split()
            score, *box = map(float, numbers)
            x_min, y_min, x_max, y_max = box
        except ValueError:
            raise ValueError(
                f"{path}:{number}: expected a picture, the score, x_min, y_min, x_max, y_max, got "
                f"{line!r}"
            ) from None
        if _key(name) in found:
            found[_key(name)].append([x_min, y_min, x_max, y_max, score])
    if lines and not any(found.values()):
        raise ValueError(
            f"{path}: expected detections of the pictures of the data set, such as "
            f"{_key(next(iter(names), 'none'))}, got those of others, such as {lines[0].split()[0]}"
        )
    return {name: np.array(found[_key(name)], np.float64).reshape(-1, 5) for name in names}


def _key(name: str) -> str:
    """A picture as the toolbox names it: without its suffix."""
    return name.partition(".")[0]
