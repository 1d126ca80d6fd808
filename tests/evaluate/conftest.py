"""Small data sets and a stub detector, for the tests of `python -m tfface.evaluate`."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

import tfface
from tests.evaluate.stub import StubDetector
from tfface.evaluation.benchmarks import BENCHMARKS
from tfface.evaluation.pictures import PictureSet
from tfface.evaluation.wider import SETTINGS, WiderFaces


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data set of two pictures that are present and one that is not; returns its folder.

    Both have one face: that of a.jpg, 80 x 60 pixels, counts in every setting, that of b.jpg,
    40 x 100 pixels, on hard only.
    """
    folder = tmp_path / "widerface"
    ground_truth = {}
    for name, size, settings in (("a", (60, 80), SETTINGS), ("b", (100, 40), ("hard",))):
        picture = folder / "0--Parade" / f"{name}.jpg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(picture), np.zeros((*size, 3), np.uint8))
        counted = {setting: np.array([setting in settings]) for setting in SETTINGS}
        faces = WiderFaces(np.array([[20, 10, 39, 29]], np.float32), counted)
        ground_truth[f"0--Parade/{name}.jpg"] = faces
    sets = {folder: PictureSet(folder, ground_truth, listed=3)}
    wider = replace(BENCHMARKS["wider"], open=sets.__getitem__)
    monkeypatch.setitem(BENCHMARKS, "wider", wider)
    return folder


@pytest.fixture
def fddb_data(tmp_path):
    """A folder like FDDB's, of two pictures that are present and one that is not.

    The circle of radius 10 around (29, 19) fits the box that is found in a.jpg, 80 x 60 pixels:
    0.80 of it in pixels, pi / 4 on paper. That of b.jpg, 40 x 100 pixels, is missed.
    """
    folder = tmp_path / "fddb"
    (folder / "FDDB-folds").mkdir(parents=True)
    (folder / "originalPics").mkdir()
    names = {"a": (60, 80), "b": (100, 40), "missing": None}
    for name, size in names.items():
        if size:
            picture = np.zeros((*size, 3), np.uint8)
            cv2.imwrite(str(folder / "originalPics" / f"{name}.jpg"), picture)
    text = "".join(f"{name}\n1\n10 10 0 29 19  1\n" for name in names)
    (folder / "FDDB-folds" / "FDDB-fold-01-ellipseList.txt").write_text(text)
    return folder


@pytest.fixture
def model(tmp_path, monkeypatch):
    """The path of a model file, which loads as a `StubDetector`."""
    monkeypatch.setattr(tfface, "FaceDetector", StubDetector, raising=False)
    monkeypatch.setattr(StubDetector, "loaded", [])
    monkeypatch.setattr(StubDetector, "long_sides", [])
    path = tmp_path / "model.tflite"
    path.write_bytes(b"weights")
    return str(path)


@pytest.fixture
def own_data(tmp_path):
    """Options for two pictures in a table: the detector finds the face of a.png; b.png has none."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, size in (("a", (60, 80)), ("b", (100, 40))):
        cv2.imwrite(str(folder / f"{name}.png"), np.zeros((*size, 3), np.uint8))
    table = tmp_path / "faces.csv"
    table.write_text("image,xmin,ymin,xmax,ymax\na.png,20,10,39,29\nb.png,,,,\nc.png,1,1,9,9\n")
    return ["--dataset", "csv", "--list", str(table), "--images", str(folder)]
