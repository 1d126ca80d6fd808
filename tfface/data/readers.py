"""The layouts of annotations that are read, by name: the only list of them."""

from collections.abc import Callable
from pathlib import Path

from tfface.data.coco import read_coco
from tfface.data.csv_table import read_csv
from tfface.data.fddb import read_fddb
from tfface.data.mat import read_faces_mat, read_mafa
from tfface.data.sample import ReadReport, Sample
from tfface.data.voc import read_voc
from tfface.data.wider import read_wider
from tfface.data.yolo import read_yolo

Reader = Callable[[Path, Path], tuple[list[Sample], ReadReport]]
"""From a list, or a folder of files, and the folder of the pictures."""

READERS: dict[str, Reader] = {
    "wider": read_wider,
    "coco": read_coco,
    "voc": read_voc,
    "yolo": read_yolo,
    "csv": read_csv,
    "fddb": read_fddb,
    "afw": read_faces_mat,
    "pascal-face": read_faces_mat,
    "mafa": read_mafa,
}
