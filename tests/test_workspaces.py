"""tfface.workspaces: temporary folders that do not outlive a process that was killed."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tfface import workspaces
from tfface.files import atomic_path
from tfface.locking import try_to_lock
from tfface.workspaces import workspace


def test_nothing_is_left_by_a_block_that_ends_or_fails(tmp_path: Path) -> None:
    with workspace(tmp_path, "a.json") as folder:
        assert (folder.parent, folder.name[:8]) == (tmp_path, ".a.json.")
    with pytest.raises(KeyError), workspace(tmp_path, "a.json"):
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed_and_what_is_in_use_stays(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from tfface.files import atomic_path\n"
        "with atomic_path(Path(sys.argv[1]) / 'a.txt') as path:\n"
        "    path.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    (tmp_path / ".git").mkdir()  # another hidden folder
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left[0].startswith(".a.txt.") and left[1] == ".git"

    with workspace(tmp_path, "in use") as used:
        workspaces._swept.clear()
        with atomic_path(tmp_path / "b.txt") as path:
            path.write_text("whole")
        assert used.is_dir()

    assert sorted(os.listdir(tmp_path)) == [".git", "b.txt"]


def test_a_folder_that_another_process_takes_for_one_that_is_left_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Path] = []

    def swept_before(descriptor: int) -> bool | None:
        if not taken:
            (folder,) = tmp_path.iterdir()
            taken.append(folder)
            shutil.rmtree(folder)  # by a process that swept between the file and its lock
        return try_to_lock(descriptor)

    monkeypatch.setattr(workspaces, "try_to_lock", swept_before)
    with workspace(tmp_path, "a.json") as folder:
        (folder / "a.json").write_text("whole")
        assert folder.name != taken[0].name

    assert list(tmp_path.iterdir()) == []
