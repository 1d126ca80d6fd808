"""The files of the FDDB evaluation: official ellipses in, official predictions out."""

from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from tfface.data.fddb import read_ellipses
from tfface.data.text import read_text
from tfface.evaluation.fddb import FddbFaces
from tfface.evaluation.pictures import PictureSet, parse_rows, present_pictures
from tfface.files import atomic_path
from tfface.image import read_image


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
    present = present_pictures(
        listed,
        image_root,
        "FDDB-folds",
        "FDDB",
        "unpack originalPics.tar.gz there or name another folder",
    )
    ground_truth = {}
    for name, ellipses in present.items():
        height, width = read_image(image_root / name).shape[:2]
        ground_truth[name] = FddbFaces(ellipses, (height, width))
    return PictureSet(image_root, ground_truth, len(listed))


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
            temporary.write_text("".join(f"{line}\n" for line in content), encoding="utf-8")


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
    lines = read_text(path).rstrip().splitlines()
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
