"""tfface.data.sample: samples, and reports that add up and survive JSON."""

import json
from pathlib import Path

import numpy as np
import pytest

from tfface.data.sample import ReadReport, Sample


def report_of_three_pictures() -> ReadReport:
    report = ReadReport()
    report.keep(np.array([False, True]))
    report.keep(np.zeros(0, bool))
    report.drop_faces("too far", "a.jpg", 2)
    report.drop_faces("too far", "b.jpg")
    report.drop_faces("too far", "c.jpg", 0)
    report.drop_picture("lost", "d.jpg")
    return report


def test_a_sample_wants_as_many_boxes_as_flags() -> None:
    with pytest.raises(ValueError, match=r"a\.jpg: expected boxes \(n, 4\).*\(2, 4\) and \(1,\)"):
        Sample(Path("a.jpg"), "a.jpg", np.zeros((2, 4), np.float32), np.zeros(1, bool))


def test_a_sample_may_have_no_faces() -> None:
    Sample(Path("a.jpg"), "a.jpg", np.zeros((0, 4), np.float32), np.zeros(0, bool))


def test_edges_move_by_parts_of_the_box() -> None:
    boxes = np.array([[10, 20, 30, 60]], np.float32)
    sample = Sample(Path("a.jpg"), "a.jpg", boxes, np.zeros(1, bool))
    # 20 x 40: the left edge goes 0.25 * 20 right, the upper 0.1 * 40 up, the right 0.5 * 20 left
    moved = sample.with_edges_moved((0.25, -0.1, -0.5, 0))
    assert moved.boxes.dtype == np.float32
    np.testing.assert_array_equal(moved.boxes, [[15, 16, 20, 60]])
    np.testing.assert_array_equal(sample.boxes, [[10, 20, 30, 60]])


def test_boxes_are_cut_to_a_picture_and_those_outside_left_out() -> None:
    boxes = np.array([[-5, -1, 30, 40], [110, 5, 120, 9], [90, 50, 120, 70]], np.float32)
    ignored, scores = np.array([False, False, True]), np.array([0.25, 0.5, 0.75], np.float32)
    cut = Sample(Path("a.jpg"), "a.jpg", boxes, ignored, scores).cut_to(100, 60)
    assert cut.boxes.dtype == np.float32
    np.testing.assert_array_equal(cut.boxes, [[0, 0, 30, 40], [90, 50, 100, 60]])
    assert cut.ignored.tolist() == [False, True]
    assert cut.scores is not None and cut.scores.tolist() == [0.25, 0.75]


def test_the_summary_counts_and_names() -> None:
    assert report_of_three_pictures().summary().splitlines() == [
        "2 pictures, 2 faces (1 ignored)",
        "dropped faces, too far: 3 in a.jpg, b.jpg",
        "dropped pictures, lost: 1, d.jpg",
    ]


def test_the_summary_shows_the_first_three_names() -> None:
    report = ReadReport()
    for name in "abcde":
        report.drop_picture("lost", name)
    assert report.summary().endswith("lost: 5, a, b, c and 2 more")


def test_json_round_trip() -> None:
    report = report_of_three_pictures()
    assert ReadReport.from_json(json.loads(json.dumps(report.to_json()))) == report


def test_adding_sums_everything() -> None:
    report = report_of_three_pictures()
    report.add(report_of_three_pictures())
    assert (report.pictures, report.faces, report.ignored_faces) == (4, 4, 2)
    assert report.dropped_faces == {"too far": {"a.jpg": 4, "b.jpg": 2}}
    assert report.dropped_pictures == {"lost": ["d.jpg", "d.jpg"]}


def test_adding_what_an_earlier_step_dropped_does_not_count_pictures_twice() -> None:
    report = ReadReport(pictures=2)
    report.add_dropped(report_of_three_pictures())
    assert report.pictures == 2
    assert report.dropped_pictures == {"lost": ["d.jpg"]}
