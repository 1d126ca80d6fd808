"""tfface.data.prepare: the command line."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from tfface.data.records import read_records


def data_set(folder: Path, name: str) -> list[str]:
    """Flags for a data set of one picture with one face."""
    folder.mkdir()
    cv2.imwrite(str(folder / name), np.zeros((20, 30, 3), np.uint8))
    (folder / "list.txt").write_text(f"{name}\n1\n1 2 3 4\n")
    return [f"--list={folder / 'list.txt'}", f"--images={folder}"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tfface.data.prepare", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def test_several_data_sets_are_joined(tmp_path: Path) -> None:
    pairs = data_set(tmp_path / "one", "a.png") + data_set(tmp_path / "two", "b.png")
    process = run(*pairs, f"--output={tmp_path / 'out'}", "--name=both", "--shards=1")
    assert process.returncode == 0, process.stderr
    assert process.stdout == "2 pictures, 2 faces (0 ignored)\n"
    records = list(read_records([tmp_path / "out" / "both-00000-of-00001.tfrecord"]))
    assert sorted(record.name for record in records) == ["a.png", "b.png"]


def test_a_list_without_its_folder_is_refused(tmp_path: Path) -> None:
    pair = data_set(tmp_path / "one", "a.png")
    process = run(*pair, pair[0], f"--output={tmp_path / 'out'}")
    assert process.returncode == 1
    assert "expected one --images for each --list, got 2 --list and 1 --images" in process.stderr
    assert not (tmp_path / "out").exists()
