"""Specification of `tfface.evaluation.wider_files`."""

import numpy as np
import pytest

from tfface.evaluation.wider_files import (
    ATTRIBUTES,
    read_attributes,
    read_ground_truth,
    read_predictions,
    write_predictions,
)


def indices(*numbers):
    return np.array(numbers, dtype=np.uint8).reshape(-1, 1)


@pytest.fixture
def folder(tmp_path, write_mat):
    """Two events, three pictures; the last one without faces."""
    boxes = np.array([[10, 20, 5, 6], [1, 2, 3, 4]], dtype=np.int32)
    nothing = np.zeros((0, 4), dtype=np.int32)
    write_mat(
        tmp_path / "wider_face_val.mat",
        "face_bbx_list",
        {"0--Parade": {"a": boxes, "b": boxes[:1]}, "1--Handshaking": {"c": nothing}},
    )
    for setting, first in (("easy", indices(2)), ("medium", indices()), ("hard", indices(1, 2))):
        write_mat(
            tmp_path / f"wider_{setting}_val.mat",
            "gt_list",
            {"0--Parade": {"a": first, "b": indices(1)}, "1--Handshaking": {"c": indices()}},
        )
    return tmp_path


def test_pictures_are_named_relative_to_the_image_folder(folder):
    assert list(read_ground_truth(folder)) == [
        "0--Parade/a.jpg",
        "0--Parade/b.jpg",
        "1--Handshaking/c.jpg",
    ]


def test_boxes_become_corners(folder):
    boxes = read_ground_truth(folder)["0--Parade/a.jpg"].boxes
    assert boxes.dtype == np.float32
    # x + w = 10 + 5, y + h = 20 + 6; the official tool adds its one pixel in the overlap.
    np.testing.assert_array_equal(boxes, [[10, 20, 15, 26], [1, 2, 4, 6]])


def test_indices_from_1_become_masks(folder):
    counted = read_ground_truth(folder)["0--Parade/a.jpg"].counted
    assert {setting: mask.tolist() for setting, mask in counted.items()} == {
        "easy": [False, True],
        "medium": [False, False],
        "hard": [True, True],
    }


def test_a_picture_without_faces_has_empty_boxes(folder):
    faces = read_ground_truth(folder)["1--Handshaking/c.jpg"]
    assert faces.boxes.shape == (0, 4)
    assert faces.counted["hard"].shape == (0,)


def test_a_missing_file_is_named(folder):
    (folder / "wider_hard_val.mat").unlink()
    with pytest.raises(FileNotFoundError, match=r"wider_hard_val\.mat.*eval_tools"):
        read_ground_truth(folder)


def test_a_file_that_is_cut_short_is_named(folder):
    path = folder / "wider_face_val.mat"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"wider_face_val\.mat: expected the official ground tr"):
        read_ground_truth(folder)


def test_faces_that_are_no_numbers_are_refused(folder, write_mat):
    faces = np.array([[10, 20, np.nan, 6]])
    events = {"0--Parade": {"a": faces, "b": faces}, "1--Handshaking": {"c": faces[:0]}}
    write_mat(folder / "wider_face_val.mat", "face_bbx_list", events)
    with pytest.raises(ValueError, match=r"expected faces of 0--Parade/a\.jpg in pixels, finite"):
        read_ground_truth(folder)


def test_files_of_different_pictures_are_refused(folder, write_mat):
    events = {"0--Parade": {"other": indices(1)}}
    write_mat(folder / "wider_easy_val.mat", "gt_list", events)
    with pytest.raises(ValueError, match=r"wider_easy_val\.mat.*one release"):
        read_ground_truth(folder)


def test_an_index_beyond_the_faces_is_refused(folder, write_mat):
    events = {
        "0--Parade": {"a": indices(3), "b": indices(1)},
        "1--Handshaking": {"c": indices()},
    }
    write_mat(folder / "wider_easy_val.mat", "gt_list", events)
    with pytest.raises(ValueError, match=r"expected indices 1\.\.2 for 0--Parade/a\.jpg, got 3"):
        read_ground_truth(folder)


def test_predictions_are_written_in_the_official_layout(tmp_path):
    rows = np.array([[1, 2, 4, 6.5, 0.25], [0, 0, 9, 9, 0.75]], np.float32)
    write_predictions({"0--Parade/a.jpg": rows, "0--Parade/b.jpg": rows[:0]}, tmp_path / "out")
    # x y w h score, scores falling.
    assert (tmp_path / "out/0--Parade/a.txt").read_text().splitlines() == [
        "a",
        "2",
        "0.000 0.000 9.000 9.000 0.75000000",
        "1.000 2.000 3.000 4.500 0.25000000",
    ]
    assert (tmp_path / "out/0--Parade/b.txt").read_text() == "b\n0\n"


def test_what_else_is_said_of_faces(wider_dir):
    attributes = read_attributes(wider_dir / "ground_truth")

    assert list(attributes) == ["0--Parade/a.jpg", "0--Parade/b.jpg", "1--Handshaking/c.jpg"]
    assert attributes["0--Parade/b.jpg"].keys() == set(ATTRIBUTES)
    assert {name: of["blur"].tolist() for name, of in attributes.items()} == {
        "0--Parade/a.jpg": [0],
        "0--Parade/b.jpg": [1],
        "1--Handshaking/c.jpg": [0],
    }


def test_files_that_say_nothing_else(folder):
    with pytest.raises(ValueError, match="expected blur_label_list, got .*face_bbx_list"):
        read_attributes(folder)


def test_predictions_stay_in_their_folder(tmp_path):
    rows = np.zeros((0, 5))
    for name in ("../a.jpg", "/tmp/a.jpg", "x/../../a.jpg"):
        with pytest.raises(ValueError, match="expected the name of a file inside"):
            write_predictions({name: rows}, tmp_path / "out")
        with pytest.raises(ValueError, match="expected the name of a file inside"):
            read_predictions(tmp_path / "out", [name])
    assert not (tmp_path / "a.txt").exists()
