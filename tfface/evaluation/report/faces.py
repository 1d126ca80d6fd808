"""The faces of a data set as a report sees them: boxes to draw, and classes to count by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tfface.data.fddb import boxes_around
from tfface.data.mat import FaceKind
from tfface.evaluation import coco, fddb, voc, wider
from tfface.evaluation.pictures import PictureSet
from tfface.evaluation.wider_files import read_attributes

HEIGHT_EDGES = (16, 32, 64, 128, 256)
"""Pixels of the picture between the classes of height."""

HEIGHT = "height"

CLASSES: Mapping[str, Sequence[str]] = {
    HEIGHT: ("below 16", "16 to 32", "32 to 64", "64 to 128", "128 to 256", "256 and more"),
    "blur": ("clear", "normal blur", "heavy blur"),
    "occlusion": ("not occluded", "partly occluded", "heavily occluded"),
    "pose": ("typical pose", "atypical pose"),
    "illumination": ("normal light", "extreme light"),
}
"""What faces are counted by, and the classes; but the heights, as WIDER FACE numbers them."""


@dataclass(frozen=True, eq=False)
class PictureFaces:
    """The faces of one picture.

    Attributes:
        boxes: float32 `(m, 4)`, `x_min, y_min, x_max, y_max` in pixels.
        counted: bool `(m,)`: whether a face is to be found.
        overlap: from boxes `(n, 4)` their overlaps `(n, m)` in 0..1 with the faces, as the protocol
            of the data set has it.
        attributes: the number of each face's class, int `(m,)`, by the name in `CLASSES`.
    """

    boxes: NDArray[np.float32]
    counted: NDArray[np.bool_]
    overlap: Callable[[np.ndarray], np.ndarray]
    attributes: Mapping[str, NDArray[np.int64]]


def heights_of(boxes: np.ndarray) -> np.ndarray:
    """The class of height of boxes `(n, 4)`, int64 `(n,)`."""
    return np.digitize(boxes[:, 3] - boxes[:, 1], HEIGHT_EDGES)


def wider_faces(folder: Path, pictures: PictureSet[wider.WiderFaces]) -> dict[str, PictureFaces]:
    """The faces of WIDER FACE; those of the setting "hard" are to be found."""
    attributes = read_attributes(folder / "ground_truth")
    return {
        name: PictureFaces(
            faces.boxes,
            faces.counted["hard"],
            partial(_wider_overlaps, others=faces.boxes),
            {HEIGHT: heights_of(faces.boxes), **attributes[name]},
        )
        for name, faces in pictures.ground_truth.items()
    }


def _wider_overlaps(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    return wider.overlaps(boxes, others)


def fddb_faces(folder: Path, pictures: PictureSet[fddb.FddbFaces]) -> dict[str, PictureFaces]:
    """The faces of FDDB, of which all are to be found; a box is what its ellipse lies in."""
    described = {}
    for name, faces in pictures.ground_truth.items():
        boxes = boxes_around(faces.ellipses)
        described[name] = PictureFaces(
            boxes,
            np.ones(len(boxes), bool),
            partial(fddb.overlaps, ellipses=faces.ellipses, size=faces.size),
            {HEIGHT: heights_of(boxes)},
        )
    return described


def box_faces(folder: Path, pictures: PictureSet[coco.BoxFaces]) -> dict[str, PictureFaces]:
    """The faces of people's own data, of which those that are not ignored are to be found."""
    return {
        name: PictureFaces(
            faces.boxes,
            ~faces.ignored,
            partial(_own_overlaps, others=faces.boxes, ignored=faces.ignored),
            {HEIGHT: heights_of(faces.boxes)},
        )
        for name, faces in pictures.ground_truth.items()
    }


def _own_overlaps(boxes: np.ndarray, others: np.ndarray, ignored: np.ndarray) -> np.ndarray:
    """COCO's overlaps; on a face that counts, none with a crowd around it, which comes second."""
    overlap = coco.overlaps(boxes, others, ignored)
    on_face = (overlap[:, ~ignored] >= wider.IOU_THRESHOLD).any(axis=1)
    overlap[np.ix_(on_face, ignored)] = 0
    return overlap


def toolbox_faces(folder: Path, pictures: PictureSet[coco.BoxFaces]) -> dict[str, PictureFaces]:
    """The faces of AFW and PASCAL Face, of which those that are large enough are to be found."""
    return {
        name: PictureFaces(
            faces.boxes,
            ~voc.without_small(faces).ignored,
            partial(_wider_overlaps, others=faces.boxes),
            {HEIGHT: heights_of(faces.boxes)},
        )
        for name, faces in pictures.ground_truth.items()
    }


def mafa_faces(folder: Path, pictures: PictureSet[voc.MafaFaces]) -> dict[str, PictureFaces]:
    """The faces of MAFA, of which those that are not invalid are to be found."""
    return {
        name: PictureFaces(
            faces.boxes,
            faces.kinds != FaceKind.INVALID,
            partial(_wider_overlaps, others=faces.boxes),
            {HEIGHT: heights_of(faces.boxes)},
        )
        for name, faces in pictures.ground_truth.items()
    }
