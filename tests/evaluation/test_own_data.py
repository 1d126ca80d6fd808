"""tfface.evaluation.own_data: what is left out of people's own pictures is told."""

import logging

import cv2
import numpy as np

from tfface.evaluation.own_data import open_own


def test_a_picture_that_is_missing_is_told_on_a_line_that_steers_no_terminal(tmp_path, caplog):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((20, 40, 3), np.uint8))
    (tmp_path / "list.csv").write_text("image,x,y,w,h\na.png,1,1,9,9\n\x1b[31mb.png,1,1,9,9\n")
    with caplog.at_level(logging.WARNING):
        pictures = open_own("csv", tmp_path / "list.csv", tmp_path)

    assert (list(pictures.ground_truth), pictures.listed) == (["a.png"], 2)
    assert caplog.messages == [
        f"{tmp_path}/list.csv: dropped pictures, picture missing: 1, \\x1b[31mb.png"
    ]


def test_boxes_are_cut_to_their_pictures_and_those_outside_told(tmp_path, caplog):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((20, 40, 3), np.uint8))
    rows = ["a.png,30,-5,20,15,0", "a.png,41,0,9,9,0", "a.png,1,1,9,9,1"]
    (tmp_path / "list.csv").write_text("\n".join(["image,x,y,w,h,ignored", *rows]))
    with caplog.at_level(logging.WARNING):
        faces = open_own("csv", tmp_path / "list.csv", tmp_path).ground_truth["a.png"]

    # The first ends at x 30 + 20 = 50 and begins above the picture, the second right of it.
    assert faces.boxes.tolist() == [[30, 0, 40, 10], [1, 1, 10, 10]]
    assert faces.ignored.tolist() == [False, True]
    assert caplog.messages == [
        f"{tmp_path}/list.csv: dropped faces, box outside the picture: 1 in a.png"
    ]


def test_a_picture_that_cannot_be_read_keeps_its_faces(tmp_path):
    """That it cannot be read is for detection to say, which does not pass over it."""
    (tmp_path / "a.png").write_bytes(b"no picture")
    (tmp_path / "list.csv").write_text("image,x,y,w,h\na.png,1,1,9,9\n")

    faces = open_own("csv", tmp_path / "list.csv", tmp_path).ground_truth["a.png"]
    assert faces.boxes.tolist() == [[1, 1, 10, 10]]
