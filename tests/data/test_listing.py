"""tfface.data.listing: the entries of one picture are one sample."""

from pathlib import Path

import pytest

from tfface.data.listing import LISTED_TWICE, Listed, to_samples
from tfface.data.sample import ReadReport

LEFT, RIGHT = (0, 0, 4, 4), (10, 5, 30, 15)


def test_the_entries_of_a_picture_are_joined(tmp_path: Path, pictures: Path) -> None:
    entries = [
        Listed("a.png", [LEFT], [False], [0.5]),
        Listed("b.png", [LEFT], [False], [1.0]),
        Listed("./a.png", [RIGHT], [True], [0.25], size=(40, 20)),
    ]
    (a, b), report = to_samples(entries, tmp_path, pictures)

    assert (a.name, a.boxes.tolist()) == ("a.png", [[*LEFT], [*RIGHT]])
    assert (a.ignored.tolist(), a.stated_size) == ([False, True], (40, 20))
    assert a.scores is not None and a.scores.tolist() == [0.5, 0.25]
    assert (b.name, b.boxes.tolist(), b.stated_size) == ("b.png", [[*LEFT]], None)
    assert report == ReadReport(pictures=2, faces=3, ignored_faces=1)


def test_a_box_that_two_entries_have_is_one(tmp_path: Path, pictures: Path) -> None:
    """As of a list that was put behind itself; within an entry a box may come again."""
    entries = [
        Listed("a.png", [LEFT, LEFT], [False, False]),
        Listed("a.png", [LEFT, RIGHT], [False, False]),
    ]
    (a,), report = to_samples(entries, tmp_path, pictures)

    assert a.boxes.tolist() == [[*LEFT], [*LEFT], [*RIGHT]]
    assert report.dropped_faces == {LISTED_TWICE: {"a.png": 1}}


def test_entries_of_two_sizes_are_of_two_pictures(tmp_path: Path, pictures: Path) -> None:
    entries = [Listed("a.png", size=(40, 20)), Listed("a.png", size=(80, 40))]

    with pytest.raises(ValueError, match=r"one size of a.png, got \(40, 20\) and \(80, 40\); "):
        to_samples(entries, tmp_path, pictures)
