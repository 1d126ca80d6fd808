"""tfface.files: a file is complete under its final name, or not there."""

from pathlib import Path

import pytest

from tfface.files import atomic_path


def test_the_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    final = tmp_path / "new" / "table.csv"
    with atomic_path(final) as temporary:
        temporary.write_text("complete")
        assert not final.exists()
    assert final.read_text() == "complete"


def test_the_temporary_file_has_the_suffix_and_the_file_system_of_the_final_one(
    tmp_path: Path,
) -> None:
    with atomic_path(tmp_path / "plot.png") as temporary:
        assert temporary.suffix == ".png"
        assert tmp_path in temporary.parents
        temporary.touch()


def test_an_error_leaves_the_older_file_and_no_temporary_one(tmp_path: Path) -> None:
    final = tmp_path / "table.csv"
    final.write_text("older")
    with pytest.raises(RuntimeError), atomic_path(final) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert final.read_text() == "older"
    assert list(tmp_path.iterdir()) == [final]


def test_a_block_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    final = tmp_path / "table.csv"
    with pytest.raises(FileNotFoundError, match=r"table\.csv.*no such file"), atomic_path(final):
        pass
    assert list(tmp_path.iterdir()) == []
