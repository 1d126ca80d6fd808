"""A folder like WIDER FACE's, small enough to know its results by heart."""

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from tfface.evaluation.wider_files import ATTRIBUTES


def _cells(*arrays):
    """A MATLAB cell column."""
    column = np.empty((len(arrays), 1), dtype=object)
    for row, array in enumerate(arrays):
        column[row, 0] = array
    return column


def _write_mat(path, variable, events, **further):
    """Writes `variable` of `{event: {picture: array}}` the way WIDER FACE ships ground truth.

    Further variables are of the same pictures.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    variables = {
        name: _cells(*[_cells(*pictures.values()) for pictures in values.values()])
        for name, values in {variable: events, **further}.items()
    }
    pictures = _cells(*[_cells(*pictures) for pictures in events.values()])
    savemat(path, {"event_list": _cells(*events), "file_list": pictures, **variables})


@pytest.fixture
def write_mat():
    """The function that writes a ground truth file: `write_mat(path, variable, events)`."""
    return _write_mat


@pytest.fixture
def wider_dir(tmp_path):
    """A folder like WIDER FACE's with a list of three pictures, of which c.jpg is missing.

    a.jpg, 80 x 60 pixels, black, has a white face at 20..39 x 10..29 in every setting; b.jpg,
    40 x 100 pixels, all black, has a face that counts on hard only, and is blurred.
    """
    folder = tmp_path / "widerface"
    face = np.array([[20, 10, 19, 19]], dtype=np.int32)
    one, none = np.array([[1]], dtype=np.uint8), np.zeros((0, 1), dtype=np.uint8)
    boxes = {"0--Parade": {"a": face, "b": face}, "1--Handshaking": {"c": face}}
    easy, blurred = np.array([[0]], dtype=np.uint8), np.array([[1]], dtype=np.uint8)
    labels = {"0--Parade": {"a": easy, "b": easy}, "1--Handshaking": {"c": easy}}
    further = dict.fromkeys((f"{name}_label_list" for name in ATTRIBUTES), labels)
    further["blur_label_list"] = labels | {"0--Parade": {"a": easy, "b": blurred}}
    _write_mat(folder / "ground_truth/wider_face_val.mat", "face_bbx_list", boxes, **further)
    for setting, chosen in (("easy", none), ("medium", none), ("hard", one)):
        events = {"0--Parade": {"a": one, "b": chosen}, "1--Handshaking": {"c": one}}
        _write_mat(folder / f"ground_truth/wider_{setting}_val.mat", "gt_list", events)

    pictures = folder / "WIDER_val" / "images" / "0--Parade"
    pictures.mkdir(parents=True)
    white_face = np.zeros((60, 80, 3), dtype=np.uint8)
    white_face[10:30, 20:40] = 255
    cv2.imwrite(str(pictures / "a.jpg"), white_face)
    cv2.imwrite(str(pictures / "b.jpg"), np.zeros((100, 40, 3), dtype=np.uint8))
    return folder
