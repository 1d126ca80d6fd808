"""Predictions in the official layouts are read as they were written."""

import numpy as np
import pytest

from tfface.evaluation import fddb_files, voc_files, wider_files
from tfface.evaluation.commands import write_command
from tfface.evaluation.pictures import parse_rows

ROWS = np.array([[0, 0, 9, 9, 0.75], [1, 2, 4, 6.5, 0.25]])
PREDICTIONS = {"0--Parade/a.jpg": ROWS, "0--Parade/b.jpg": ROWS[:0]}

FILES = pytest.mark.parametrize("files", [wider_files, fddb_files], ids=["wider", "fddb"])


@FILES
def test_what_was_written_is_read(files, tmp_path):
    files.write_predictions(PREDICTIONS, tmp_path)

    read = files.read_predictions(tmp_path, PREDICTIONS)

    assert list(read) == list(PREDICTIONS)
    for name, rows in PREDICTIONS.items():
        np.testing.assert_allclose(read[name], rows)


@FILES
def test_only_the_pictures_asked_for(files, tmp_path):
    files.write_predictions(PREDICTIONS, tmp_path)

    assert list(files.read_predictions(tmp_path, ["0--Parade/b.jpg"])) == ["0--Parade/b.jpg"]


@FILES
def test_a_folder_without_predictions(files, tmp_path):
    with pytest.raises(FileNotFoundError, match="expected detections in the layout of"):
        files.read_predictions(tmp_path, PREDICTIONS)


@pytest.mark.parametrize(
    "names", [("a.jpg", "a.png"), ("a.jpg", "a.png", "a.jpg.png"), ("command.png", "b.png")]
)
def test_no_file_is_that_of_another_picture_or_of_the_command(tmp_path, names):
    predictions = {name: ROWS + [0, 0, place, place, 0] for place, name in enumerate(names)}
    wider_files.write_predictions(predictions, tmp_path)
    write_command(tmp_path, "python -m tfface.evaluate")

    for name, rows in wider_files.read_predictions(tmp_path, names).items():
        np.testing.assert_allclose(rows, predictions[name])


@pytest.mark.parametrize("files", [wider_files, fddb_files, voc_files])
def test_files_of_windows_are_read_alike(files, tmp_path):
    predictions = {"a\xe9.jpg": ROWS}
    files.write_predictions(predictions, tmp_path)
    for path in tmp_path.glob("*.txt"):
        content = path.read_bytes().replace(b"\n", b"\r\n")
        path.write_bytes(b"\xef\xbb\xbf" + content + b"\r\n\r\n")

    np.testing.assert_allclose(files.read_predictions(tmp_path, predictions)["a\xe9.jpg"], ROWS)


def test_detections_of_other_pictures_alone_are_refused(tmp_path):
    (tmp_path / "detections.txt").write_text("images/a 0.5 1 2 3 4\n")
    with pytest.raises(ValueError, match="such as a, got those of others, such as images/a"):
        voc_files.read_predictions(tmp_path, ["a.jpg"])


def test_fddb_without_one_of_the_pictures(tmp_path):
    fddb_files.write_predictions({"0--Parade/a.jpg": ROWS}, tmp_path)

    with pytest.raises(ValueError, match=r"every picture, got none of 0--Parade/b\.jpg"):
        fddb_files.read_predictions(tmp_path, PREDICTIONS)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "the number of detections, got 'nothing'"),
        (["x"], "the number of detections, got 'x'"),
        (["1"], "expected 1 lines of x, y, width, height and score, got 0"),
        (["1", "1 2 3 4"], "got 1 lines, not all of them such"),
        (["2", "1 2 3 4 5"], "expected 2 lines"),
        (["1", "1 2 3 4 five"], "not all of them such"),
        (["2", "1 2 3 4 5", "1 2"], "not all of them such"),
    ],
)
def test_rows_that_are_none(lines, message):
    with pytest.raises(ValueError, match=f"x.txt: expected .*{message}|x.txt: {message}"):
        parse_rows(lines, "x.txt")


def test_rows_become_corners():
    np.testing.assert_array_equal(
        parse_rows(["1", "10 20 3 4 0.5", ""], "x.txt"), [[10, 20, 13, 24, 0.5]]
    )
    assert parse_rows(["0"], "x.txt").shape == (0, 5)
