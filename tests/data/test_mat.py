"""tfface.data.mat: what is peculiar to MATLAB files. See test_readers.py."""

from pathlib import Path

import numpy as np
import pytest

from tests.data.layouts import write_mat
from tfface.data.readers import READERS


def test_faces_to_train_on_with_mafa_are_all_masked(tmp_path: Path, pictures: Path) -> None:
    rows = np.array([[10, 5, 20, 10, *[1] * 17]])
    names, labels = ["a.png", "b.png"], [rows, rows]
    listed = write_mat(
        tmp_path / "a.mat", "label_train", orgimgName=["x", "y"], imgName=names, label=labels
    )

    samples, _ = READERS["mafa"](listed, pictures)

    assert [sample.name for sample in samples] == names
    assert samples[0].boxes.tolist() == [[10, 5, 30, 15]]
    assert samples[0].ignored.tolist() == [False]


def test_a_matlab_file_with_other_numbers(tmp_path: Path, pictures: Path) -> None:
    three = [np.array([[1, 2, 3]])]
    listed = write_mat(tmp_path / "a.mat", "Annotations", imgname=["a.png"], objects=three)

    with pytest.raises(ValueError, match="expected a row of 4 numbers or more a face, got"):
        READERS["afw"](listed, pictures)


def test_a_matlab_file_with_what_is_no_number(tmp_path: Path, pictures: Path) -> None:
    faces = [np.array([[1, 2, 3, np.nan]])]
    listed = write_mat(tmp_path / "a.mat", "Annotations", imgname=["a.png"], objects=faces)

    with pytest.raises(ValueError, match="a.mat: expected boxes in pixels, finite"):
        READERS["afw"](listed, pictures)
