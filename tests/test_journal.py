"""tfface.journal: what a killed run has done."""

from pathlib import Path

import pytest

from tfface.journal import Journal
from tfface.locking import LockedError

SETTINGS = {"model": "fbi-1", "threshold": 0.5}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    (tmp_path / "a.jpg").write_bytes(b"pixels")
    return tmp_path / "a.jpg"


def test_results_are_known_again(tmp_path: Path, picture: Path) -> None:
    with Journal(tmp_path / "j", SETTINGS) as journal:
        assert journal.result(picture) is None
        journal.write(picture, {"faces": [1]})

    assert Journal(tmp_path / "j", SETTINGS).result(picture) == {"faces": [1]}
    assert Journal(tmp_path / "j", SETTINGS | {"threshold": 0.4}).result(picture) is None


def test_a_changed_picture_is_not_known(tmp_path: Path, picture: Path) -> None:
    with Journal(tmp_path / "j", SETTINGS) as journal:
        journal.write(picture, {})
    picture.write_bytes(b"other pixels")

    assert Journal(tmp_path / "j", SETTINGS).result(picture) is None


def test_a_line_that_was_cut_short_is_left_out(tmp_path: Path, picture: Path) -> None:
    (tmp_path / "b.jpg").touch()
    with Journal(tmp_path / "j", SETTINGS) as journal:
        journal.write(picture, {"faces": []})
        journal.write(tmp_path / "b.jpg", {"faces": []})
    (tmp_path / "j").write_text((tmp_path / "j").read_text()[:-9])

    with Journal(tmp_path / "j", SETTINGS) as journal:
        assert journal.result(picture) == {"faces": []}
        assert journal.result(tmp_path / "b.jpg") is None
        journal.write(tmp_path / "b.jpg", {"faces": [2]})

    again = Journal(tmp_path / "j", SETTINGS)
    assert (again.result(picture), again.result(tmp_path / "b.jpg")) == (
        {"faces": []},
        {"faces": [2]},
    )


def test_it_is_gone_when_the_output_is_complete(tmp_path: Path, picture: Path) -> None:
    with Journal(tmp_path / "j", SETTINGS) as journal:
        journal.write(picture, {})
        journal.remove()
    assert not (tmp_path / "j").exists()


def test_two_runs_do_not_write_one(tmp_path: Path, picture: Path) -> None:
    with Journal(tmp_path / "j", SETTINGS) as first, Journal(tmp_path / "j", SETTINGS) as second:
        first.write(picture, {})
        with pytest.raises(LockedError, match="one run at a time"):
            second.write(picture, {})


def test_no_path_keeps_nothing(picture: Path) -> None:
    with Journal(None, SETTINGS) as journal:
        journal.write(picture, {})
        journal.remove()
        assert journal.result(picture) is None


def test_frames_of_a_video_are_known_again(tmp_path: Path, picture: Path) -> None:
    (tmp_path / "b.mp4").touch()
    frames = [{"frame": number, "faces": []} for number in range(3)]
    with Journal(tmp_path / "j", SETTINGS) as journal:
        journal.write(picture, {"faces": []})
        # One that fails after two frames, and whose result is never written, is left out.
        assert list(journal.keep(frames[:2])) == frames[:2]
        assert list(journal.keep(frames)) == frames
        journal.write(tmp_path / "b.mp4", {"width": 8, "frames": 3})

    again = Journal(tmp_path / "j", SETTINGS)
    assert again.result(picture) == {"faces": []}
    for _ in range(2):
        result = again.result(tmp_path / "b.mp4")
        assert result is not None
        assert (result["width"], list(result["frames"])) == (8, frames)


def test_results_of_before_stay_when_a_run_goes_on(tmp_path: Path, picture: Path) -> None:
    (tmp_path / "b.jpg").touch()
    with Journal(tmp_path / "j", SETTINGS) as journal:
        journal.write(picture, {"faces": [1]})
    with Journal(tmp_path / "j", SETTINGS) as journal:
        journal.write(tmp_path / "b.jpg", {"faces": [2]})
        assert journal.result(picture) == {"faces": [1]}

    again = Journal(tmp_path / "j", SETTINGS)
    assert again.result(picture) == {"faces": [1]}
    assert again.result(tmp_path / "b.jpg") == {"faces": [2]}
