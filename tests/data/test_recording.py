"""tfface.data.recording: boxes meet the size of their picture."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tfface.data.recording import UNCHANGED, Options, record_of
from tfface.data.records import Record
from tfface.data.sample import OUTSIDE, ReadReport, Sample


def prepare(
    folder: Path, boxes: list[list[float]], ignored: list[bool], options: Options = UNCHANGED
) -> tuple[Record, ReadReport]:
    """The record of a grey picture 100 wide and 60 high."""
    path = folder / "a.png"
    cv2.imwrite(str(path), np.full((60, 100, 3), 128, np.uint8))
    sample = Sample(
        path, "event/a.png", np.array(boxes, np.float32).reshape(-1, 4), np.array(ignored, bool)
    )
    record, report = record_of(sample, options)
    assert record is not None
    return record, report


def test_a_picture_and_its_faces(tmp_path: Path) -> None:
    record, report = prepare(tmp_path, [[1, 2, 30, 40], [5, 5, 9, 9]], [False, True])
    assert record.name == "event/a.png"
    assert record.encoded == (tmp_path / "a.png").read_bytes()
    assert (record.height, record.width) == (60, 100)
    assert record.boxes.dtype == np.float32
    np.testing.assert_array_equal(record.boxes, [[1, 2, 30, 40], [5, 5, 9, 9]])
    assert record.ignored.tolist() == [False, True]
    assert report == ReadReport(pictures=1, faces=2, ignored_faces=1)


def test_boxes_are_clipped_to_the_picture(tmp_path: Path) -> None:
    record, report = prepare(tmp_path, [[-5, -1, 30, 40], [90, 50, 120, 70]], [False, False])
    np.testing.assert_array_equal(record.boxes, [[0, 0, 30, 40], [90, 50, 100, 60]])
    assert report.dropped_faces == {}


# right of it, left of it, below it, and touching its right edge
@pytest.mark.parametrize(
    "box", [[110, 5, 120, 9], [-9, 5, -1, 9], [5, 70, 9, 80], [100, 5, 120, 9]]
)
def test_a_box_outside_the_picture_is_dropped(tmp_path: Path, box: list[float]) -> None:
    record, report = prepare(tmp_path, [box, [1, 2, 3, 4]], [False, True])
    np.testing.assert_array_equal(record.boxes, [[1, 2, 3, 4]])
    assert record.ignored.tolist() == [True]
    assert report.dropped_faces == {OUTSIDE: {"event/a.png": 1}}
    assert report.faces == 1


def test_faces_that_a_detector_was_less_sure_of_are_ignored(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((60, 100, 3), 128, np.uint8))
    boxes = np.array([[1, 2, 30, 40], [50, 2, 80, 40], [110, 2, 120, 40]], np.float32)
    drawn = Sample(tmp_path / "a.png", "a.png", boxes, np.zeros(3, bool))
    found = replace(drawn, scores=np.array([0.7, 0.3, 0.9], np.float32))

    for sample, ignored in ((found, [False, True]), (drawn, [False, False])):
        record, _ = record_of(sample, Options(min_score=0.6))
        assert record is not None
        assert record.ignored.tolist() == ignored


def test_scores_are_kept_where_they_are_soft_labels(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((60, 100, 3), 128, np.uint8))
    boxes = np.array([[1, 2, 30, 40], [110, 2, 120, 40], [50, 2, 80, 40]], np.float32)
    drawn = Sample(tmp_path / "a.png", "a.png", boxes, np.zeros(3, bool))
    found = replace(drawn, scores=np.array([0.75, 0.5, 0.25], np.float32))

    of_a_detector, of_people, hard = (
        record_of(sample, Options(soft_scores=soft))[0]
        for sample, soft in ((found, True), (drawn, True), (found, False))
    )

    # The second box is outside of the picture.
    assert of_a_detector is not None and of_a_detector.scores is not None
    assert of_a_detector.scores.tolist() == [0.75, 0.25]
    assert of_people is not None and of_people.scores is None
    assert hard is not None and hard.scores is None


def test_a_picture_without_faces_is_kept(tmp_path: Path) -> None:
    record, report = prepare(tmp_path, [], [])
    assert record.boxes.shape == (0, 4)
    assert record.ignored.shape == (0,)
    assert (report.pictures, report.faces) == (1, 0)


def test_boxes_shrink_with_the_picture(tmp_path: Path) -> None:
    record, _ = prepare(tmp_path, [[10, 20, 30, 40]], [False], Options(max_side=50))
    # 100 x 60 becomes 50 x 30
    assert (record.width, record.height) == (50, 30)
    np.testing.assert_array_equal(record.boxes, [[5, 10, 15, 20]])


def test_small_faces_are_ignored_by_their_size_in_the_stored_picture(tmp_path: Path) -> None:
    boxes: list[list[float]] = [[0, 0, 20, 40], [0, 0, 18, 40]]
    record, report = prepare(tmp_path, boxes, [False, False], Options(max_side=50, min_face=10))
    # widths 20 and 18 are stored as 10 and 9
    assert record.ignored.tolist() == [False, True]
    assert report.ignored_faces == 1


def test_an_unreadable_picture_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"\xff\xd8\xff no picture")
    sample = Sample(path, "a.jpg", np.array([[1, 2, 3, 4]], np.float32), np.array([False]))
    record, report = record_of(sample, UNCHANGED)
    assert record is None
    assert report == ReadReport(dropped_pictures={"picture unreadable": ["a.jpg"]})
