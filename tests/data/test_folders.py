"""tfface.data.folders: the files of a data set."""

from pathlib import Path

from tfface.data.folders import visible_files


def test_files_in_all_folders_but_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.txt", "a/c.TXT", "a/._c.txt", ".git/d.txt", "e.xml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.txt").mkdir()

    assert visible_files(tmp_path, (".txt",)) == [tmp_path / "a" / "c.TXT", tmp_path / "b.txt"]
    assert visible_files(tmp_path / "nowhere", (".txt",)) == []
