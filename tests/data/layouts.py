"""The same two pictures and their faces in every layout that is read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import savemat

VOC = """<annotation><filename>{name}.png</filename>{objects}</annotation>"""


OBJECT = """<object><name>face</name><difficult>{difficult}</difficult><bndbox><xmin>{}</xmin>
<ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>"""


COCO = {
    "images": [{"id": 7, "file_name": "a.png"}, {"id": 9, "file_name": "b.png"}],
    "annotations": [
        {"image_id": 7, "category_id": 3, "bbox": [10, 5, 20, 10]},
        {"image_id": 7, "category_id": 3, "bbox": [0, 0, 4, 4], "iscrowd": 1},
    ],
    "categories": [{"id": 3, "name": "face"}],
}


def write_coco(folder: Path) -> Path:
    (folder / "list.json").write_text(json.dumps(COCO))
    return folder / "list.json"


def write_voc(folder: Path) -> Path:
    (folder / "xml").mkdir()
    # Counted from 1, the last pixel included: 10..30 is written as 11..30.
    objects = OBJECT.format(11, 6, 30, 15, difficult=0) + OBJECT.format(1, 1, 4, 4, difficult=1)
    (folder / "xml" / "a.xml").write_text(VOC.format(name="a", objects=objects))
    (folder / "xml" / "b.xml").write_text(VOC.format(name="b", objects=""))
    return folder / "xml"


def write_yolo(folder: Path) -> Path:
    (folder / "labels").mkdir()
    # Centre (20, 10) of 40 x 20 pixels, 20 / 40 wide, 10 / 20 high.
    (folder / "labels" / "a.txt").write_text("0 0.5 0.5 0.5 0.5\n\n")
    return folder / "labels"


def write_csv(folder: Path) -> Path:
    rows = ["filename;class;x_min;y_min;x_max;y_max;ignored"]
    rows += ["a.png;face;10;5;30;15;0", "a.png;face;0;0;4;4;1", "b.png;;;;;;"]
    (folder / "list.csv").write_text("\n".join(rows))
    return folder / "list.csv"


def write_wider(folder: Path) -> Path:
    face, ignored = "10 5 20 10 0 0 0 0 0 0", "0 0 4 4 0 0 0 1 0 0"
    (folder / "list.txt").write_text(f"a.png\n2\n{face}\n{ignored}\nb.png\n0\n")
    return folder / "list.txt"


def write_mat(path: Path, variable: str, **fields: list[Any]) -> Path:
    """A structure a picture, as AFW, PASCAL Face and MAFA have them."""
    structures = np.zeros((len(next(iter(fields.values()))), 1), [(name, "O") for name in fields])
    for name, values in fields.items():
        for place, value in enumerate(values):
            structures[place, 0][name] = value
    savemat(path, {variable: structures})
    return path


def write_faces_mat(folder: Path) -> Path:
    rows = np.array([[10, 5, 30, 15, 0, 0], [0, 0, 4, 4, 0, 1]])
    objects = [rows, np.zeros((0, 0))]
    return write_mat(
        folder / "faces.mat", "Annotations", imgname=["a.png", "b.png"], objects=objects
    )


def write_mafa(folder: Path) -> Path:
    """x, y, width, height, 1 for masked or 3 for invalid, and thirteen numbers more."""
    rows = np.array([[10, 5, 20, 10, 1, *[-1] * 13], [0, 0, 4, 4, 3, *[-1] * 13]])
    labels = [rows, np.zeros((0, 0))]
    return write_mat(folder / "mafa.mat", "LabelTest", name=["a.png", "b.png"], label=labels)


WRITERS: dict[str, Callable[[Path], Path]] = {
    "wider": write_wider,
    "coco": write_coco,
    "voc": write_voc,
    "yolo": write_yolo,
    "csv": write_csv,
    "afw": write_faces_mat,
    "pascal-face": write_faces_mat,
    "mafa": write_mafa,
}
