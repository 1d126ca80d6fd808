"""tfface.evaluation.voc_files, and the data sets by their names on the command line."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from tfface.evaluation import voc_files
from tfface.evaluation.benchmarks import BENCHMARKS

SETS = {"afw": voc_files.AFW, "pascal-face": voc_files.PASCAL_FACE, "mafa": voc_files.MAFA}


def make(folder: Path, name: str) -> Path:
    """A data set of two pictures, of which the second is missing, with a face of 100 x 100."""
    annotations, images = (folder / part for part in SETS[name])
    annotations.parent.mkdir(parents=True, exist_ok=True)
    images.mkdir(parents=True)
    cv2.imwrite(str(images / "a.jpg"), np.zeros((200, 200, 3), np.uint8))
    is_mafa = name == "mafa"
    row = [10, 20, 100, 100, 1, *[-1] * 13] if is_mafa else [10, 20, 110, 120]
    structures = np.zeros((2, 1), [("imgname", "O"), ("objects", "O")])
    for place, picture in enumerate(("a.jpg", "b.jpg")):
        structures[place, 0] = picture, np.array([row])
    savemat(annotations, {"LabelTest" if is_mafa else "Annotations": structures})
    return folder


@pytest.mark.parametrize("name", SETS)
def test_a_face_that_is_found(tmp_path: Path, name: str) -> None:
    benchmark = BENCHMARKS[name]
    folder = make(tmp_path / "set", name)

    pictures = benchmark.open(folder)
    found = {"a.jpg": np.array([[10, 20, 110, 120, 0.75], [0, 0, 30, 30, 0.5]])}
    results = benchmark.evaluate(found, pictures.ground_truth)

    assert (list(pictures.ground_truth), pictures.listed) == (["a.jpg"], 2)
    assert {curve.average_precision for curve in results.values()} == {1.0}
    described = benchmark.describe(folder, pictures)["a.jpg"]
    assert described.boxes.tolist() == [[10, 20, 110, 120]] and described.counted.tolist() == [True]
    benchmark.write_predictions(found, tmp_path / "out")
    read = benchmark.read_predictions(tmp_path / "out", ["a.jpg"])
    np.testing.assert_allclose(read["a.jpg"], found["a.jpg"])


@pytest.mark.parametrize("name", SETS)
def test_what_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileNotFoundError, match="expected a MATLAB file"):
        BENCHMARKS[name].open(tmp_path)
    folder = make(tmp_path / "set", name)
    (folder / SETS[name][1] / "a.jpg").unlink()
    with pytest.raises(FileNotFoundError, match="expected pictures of"):
        BENCHMARKS[name].open(folder)


def test_predictions_of_others(tmp_path: Path) -> None:
    (tmp_path / "detections.txt").write_text("a.jpg 0.5 1 2 3 4\nz 0.5 1 2 3 4\n")
    read = voc_files.read_predictions(tmp_path, ["a.jpg", "b.jpg"])
    assert {name: rows.tolist() for name, rows in read.items()} == {
        "a.jpg": [[1, 2, 3, 4, 0.5]],
        "b.jpg": [],
    }
    (tmp_path / "detections.txt").write_text("a 0.5 1 2 3\n")
    with pytest.raises(ValueError, match="detections.txt:1: expected a picture, the score"):
        voc_files.read_predictions(tmp_path, ["a.jpg"])
