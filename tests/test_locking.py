"""tfface.locking: one process at a time."""

from pathlib import Path

import pytest

from tfface.locking import LockedError, folder_for_one


def test_a_folder_is_for_one(tmp_path: Path) -> None:
    one, other = (folder_for_one(tmp_path / "run", "training") for _ in range(2))
    with one, pytest.raises(LockedError, match="where another training is at work"), other:
        pass
    with folder_for_one(tmp_path / "run", "training"):
        assert list((tmp_path / "run").iterdir()) == []
