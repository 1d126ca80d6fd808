"""tfface.label_record: label files of the tool, and those made by hand."""

from pathlib import Path

import pytest

from tfface.files import OutputError
from tfface.label_record import is_recorded, recorded, write_labels


def test_what_was_written_is_known_again_until_it_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_labels(path, "0 0.5 0.5 0.1 0.1 0.9\n")
    write_labels(tmp_path / "none.txt", "")

    record = recorded(tmp_path)

    assert is_recorded(path, record) and is_recorded(tmp_path / "none.txt", record)
    path.write_text("0 0.5 0.5 0.2 0.2\n")
    (tmp_path / "b.txt").touch()
    assert not is_recorded(path, record)
    assert not is_recorded(tmp_path / "b.txt", record)
    assert not is_recorded(tmp_path / "missing.txt", record)


def test_a_folder_without_a_record() -> None:
    assert recorded(Path("nowhere")) == frozenset()


def test_the_record_does_not_grow_where_nothing_changes(tmp_path: Path) -> None:
    for _ in range(2):
        write_labels(tmp_path / "a.txt", "0 0.5 0.5 0.1 0.1 0.9\n")

    (record,) = tmp_path.glob(".*")
    assert len(record.read_text().splitlines()) == 1


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    (tmp_path / ".tfface-labels").symlink_to("/dev/full")

    with pytest.raises(OutputError, match=r"expected space for .*a\.txt"):
        write_labels(tmp_path / "a.txt", "0\n")
    assert not (tmp_path / "a.txt").exists()
