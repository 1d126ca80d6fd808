"""Specification of `tfface.evaluation.fddb_files`, on small folders in the official layout."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from tfface.data.fddb import read_ellipses
from tfface.evaluation.fddb import ellipse_mask, evaluate_fddb
from tfface.evaluation.fddb_files import open_fddb, write_predictions
from tfface.image import ImageReadError

FIRST = """2002/08/11/big/img_591
1
12.5 8.25 1.265839 26.75 16.5  1
2002/08/26/big/img_265
0
"""
SECOND = """2003/01/17/big/img_789
2
6.0 4.0 -1.5 10.0 9.0  1
3.0 2.0 0.0 20.0 19.0  1
"""


@pytest.fixture
def folder(tmp_path):
    """Three pictures in two lists, of which the last is missing; img_591 is 60 x 40 pixels."""
    lists = tmp_path / "FDDB-folds"
    lists.mkdir()
    (lists / "FDDB-fold-01-ellipseList.txt").write_text(FIRST)
    (lists / "FDDB-fold-02-ellipseList.txt").write_text(SECOND)
    # These hold names alone, and one may be empty where a fold is not on this machine.
    (lists / "FDDB-fold-01.txt").write_text("2002/08/11/big/img_591\n")
    (lists / "ellipseList.txt").write_text("2002/08/11/big/img_591\n")
    (lists / "FDDB-fold-03-ellipseList.txt").write_text("")
    for name in ("2002/08/11/big/img_591", "2002/08/26/big/img_265"):
        path = tmp_path / "originalPics" / f"{name}.jpg"
        path.parent.mkdir(parents=True)
        cv2.imwrite(str(path), np.zeros((40, 60, 3), np.uint8))
    return tmp_path


@pytest.fixture
def write_list(folder):
    """Replaces the first list by a text; returns the folder of the lists."""

    def write(text):
        (folder / "FDDB-folds" / "FDDB-fold-01-ellipseList.txt").write_text(text)
        return folder / "FDDB-folds"

    return write


def test_pictures_are_named_relative_to_the_image_folder(folder):
    assert list(read_ellipses(folder / "FDDB-folds")) == [
        "2002/08/11/big/img_591.jpg",
        "2002/08/26/big/img_265.jpg",
        "2003/01/17/big/img_789.jpg",
    ]


def test_ellipses_are_radii_angle_and_centre(folder):
    ellipses = read_ellipses(folder / "FDDB-folds")
    first = ellipses["2002/08/11/big/img_591.jpg"]
    assert first.dtype == np.float64
    assert first.tolist() == [[12.5, 8.25, 1.265839, 26.75, 16.5]]
    assert ellipses["2003/01/17/big/img_789.jpg"].shape == (2, 5)


def test_a_picture_without_faces_has_no_ellipses(folder):
    assert read_ellipses(folder / "FDDB-folds")["2002/08/26/big/img_265.jpg"].shape == (0, 5)


def test_line_ends_of_windows_and_blank_lines_at_the_end_are_read(write_list):
    lists = write_list(FIRST.replace("\n", "\r\n") + "\r\n\r\n")
    assert len(read_ellipses(lists)["2002/08/11/big/img_591.jpg"]) == 1


def test_a_byte_order_mark_costs_no_picture(write_list):
    assert list(read_ellipses(write_list("\ufeff" + FIRST)))[0] == "2002/08/11/big/img_591.jpg"


@pytest.mark.parametrize("name", ["/etc/img", "../img", "2002/../../img"])
def test_a_name_that_leads_out_of_the_folder_is_refused(folder, write_list, name):
    write_list(f"{name}\n0\n")
    with pytest.raises(ValueError, match="expected the name of a file inside"):
        open_fddb(folder)


def test_pictures_that_are_missing_are_counted_but_not_evaluated(folder):
    fddb = open_fddb(folder)
    assert list(fddb.ground_truth) == ["2002/08/11/big/img_591.jpg", "2002/08/26/big/img_265.jpg"]
    assert fddb.listed == 3
    assert fddb.ground_truth["2002/08/11/big/img_591.jpg"].size == (40, 60)
    assert (fddb.image_root / "2002/08/11/big/img_591.jpg").is_file()


def test_a_folder_without_any_picture_is_an_error(folder):
    for picture in (folder / "originalPics").rglob("*.jpg"):
        picture.unlink()
    with pytest.raises(FileNotFoundError, match=r"expected pictures of FDDB.*originalPics.*unpack"):
        open_fddb(folder)


def test_a_folder_without_lists_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"FDDB-fold-\*-ellipseList\.txt, got no such file"):
        open_fddb(tmp_path)


def test_a_picture_that_cannot_be_read_is_named(folder):
    (folder / "originalPics/2002/08/11/big/img_591.jpg").write_bytes(b"no picture")
    with pytest.raises(ImageReadError, match=r"img_591\.jpg"):
        open_fddb(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\nb\n", r"01-ellipseList\.txt:2: expected the number of faces of 'a', got 'b'"),
        ("a\n", r":2: expected the number of faces of 'a', got 'the end of the file'"),
        ("a\n2\n3 2 0 9 9 1\n", r"expected 2 faces of a, got 1: the file ends"),
        ("a\n1\n3 2 0 9\n", r":3: expected major_radius .* got '3 2 0 9'; unpack FDDB-folds"),
        ("a\n1\n3 2 zero 9 9 1\n", r":3: expected major_radius .* got '3 2 zero 9 9 1'"),
        ("a\n1\n3 0 0 9 9 1\n", r":3: expected numbers up to 1e\+06 and radii above 0"),
        ("a\n1\n3 2 nan 9 9 1\n", r":3: expected numbers up to 1e\+06 and radii above 0"),
        ("a\n1\n1e300 2 0 9 9 1\n", r":3: expected numbers up to 1e\+06 .*got '1e300 2 0 9 9 1'"),
        ("2003/01/17/big/img_789\n0\n", r"02-ell.* every picture once, got 2003/01/17/big/img_789"),
    ],
)
def test_a_damaged_list_is_told_with_its_place(write_list, text, message):
    with pytest.raises(ValueError, match=message):
        read_ellipses(write_list(text))


def test_predictions_are_written_in_the_official_layout(tmp_path):
    rows = np.array([[1, 2, 4, 6.5, 0.25], [0, 0, 9, 9, 0.75]], np.float32)
    predictions = {"2002/big/img_1.jpg": rows, "2002/big/img_2.jpg": rows[:0]}
    write_predictions(predictions, tmp_path / "out")
    # x y w h score, scores falling.
    assert (tmp_path / "out/detections.txt").read_text().splitlines() == [
        "2002/big/img_1",
        "2",
        "0.000 0.000 9.000 9.000 0.75000000",
        "1.000 2.000 3.000 4.500 0.25000000",
        "2002/big/img_2",
        "0",
    ]
    assert (tmp_path / "out/pictures.txt").read_text() == "2002/big/img_1\n2002/big/img_2\n"


@pytest.mark.skipif("TFFACE_DATA" not in os.environ, reason="needs FDDB in $TFFACE_DATA")
def test_the_official_ellipses_are_found_by_the_boxes_around_them():
    fddb = open_fddb(Path(os.environ["TFFACE_DATA"]) / "fddb")
    predictions = {}
    for name, faces in fddb.ground_truth.items():
        boxes = [cv2.boundingRect(ellipse_mask(row, faces.size)) for row in faces.ellipses]
        predictions[name] = np.array([[x, y, x + w - 1, y + h - 1, 1] for x, y, w, h in boxes])
    curve = evaluate_fddb(predictions, fddb.ground_truth)
    assert curve.true_positives.tolist() == [curve.faces]
    assert curve.false_positives.tolist() == [0]
