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
