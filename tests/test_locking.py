"""tfface.locking: one process at a time."""

import os
from pathlib import Path

import pytest

from tfface import locking
from tfface.locking import LockedError, folder_for_one


def test_a_folder_is_for_one(tmp_path: Path) -> None:
    one, other = (folder_for_one(tmp_path / "run", "training") for _ in range(2))
    with one, pytest.raises(LockedError, match="where another training is at work"), other:
        pass
    with folder_for_one(tmp_path / "run", "training"):
        assert list((tmp_path / "run").iterdir()) == []


def test_where_there_are_no_locks_the_folder_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "_LOCKS", False)
    monkeypatch.setattr(os, "open", None)  # Windows opens no folders

    with folder_for_one(tmp_path / "run", "training"):
        assert (tmp_path / "run").is_dir()
    assert not (tmp_path / "run").exists()
