"""tfface.data.prepare: the command line."""

import re
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from drills.kill import alive, alive_after
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
    layouts = ["--dataset=wider", "--layout=wider"]  # its name here and in evaluation, and of old
    output = f"--output={tmp_path / 'out'}"
    process = run(*pairs, *layouts, output, "--name=both", "--shards=1")
    assert process.returncode == 0, process.stderr
    assert process.stdout == "2 pictures, 2 faces (0 ignored)\n"
    records = list(read_records([tmp_path / "out" / "both-00000-of-00001.tfrecord"]))
    assert sorted(record.name for record in records) == ["a.png", "b.png"]


def test_boxes_of_one_list_are_drawn_as_those_of_the_other(tmp_path: Path) -> None:
    pairs = data_set(tmp_path / "one", "a.png") + data_set(tmp_path / "two", "b.png")
    output = tmp_path / "out"
    moves = ["--move_edges=0,0,0,0", "--move_edges=1,-0.25,1,0"]
    process = run(*pairs, *moves, f"--output={output}", "--shards=1")
    assert process.returncode == 0, process.stderr
    records = {record.name: record for record in read_records(output.glob("*.tfrecord"))}
    # x 1, y 2, 3 wide, 4 high; in the second list it goes 3 right, and its upper edge 1 up
    np.testing.assert_array_equal(records["a.png"].boxes, [[1, 2, 4, 6]])
    np.testing.assert_array_equal(records["b.png"].boxes, [[4, 1, 7, 6]])


@pytest.mark.parametrize(
    ("moves", "message"),
    [
        (["0,0,0,0"], "expected one --move_edges for each --list, or none, got 2 --list and 1"),
        (["0,0,0,0", "0.1"], "expected --move_edges as four numbers"),
        # the left edge would pass the right one
        (["0,0,0,0", "0.6,0,-0.6,0"], "leave a box its area, .* got '0.6,0,-0.6,0'"),
    ],
)
def test_moves_that_make_no_sense(tmp_path: Path, moves: list[str], message: str) -> None:
    pairs = data_set(tmp_path / "one", "a.png") + data_set(tmp_path / "two", "b.png")
    flags = [f"--move_edges={move}" for move in moves]
    process = run(*pairs, *flags, f"--output={tmp_path / 'out'}")
    assert process.returncode == 1
    assert re.search(message, process.stderr.replace("\n", " "))


def test_a_list_without_its_folder_is_refused(tmp_path: Path) -> None:
    pair = data_set(tmp_path / "one", "a.png")
    process = run(*pair, pair[0], f"--output={tmp_path / 'out'}")
    assert process.returncode == 1
    assert "expected one --images for each --list, got 2 --list and 1 --images" in process.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"images": [], "annotations": []}',
            "expected a list in the layout of WIDER FACE .* COCO",
        ),
        ("0 0.5 0.5 0.1 0.2\n", "expected a list in the layout of WIDER FACE .* YOLO"),
        ("a.png,1,2,3,4\n", "expected a list in the layout of WIDER FACE .* CSV"),
        ("a.png\none\n", "list.txt:2: expected the number of faces of a.png, got 'one'"),
        ("a.png\n1\n0.1 0.2 0.3 0.4\n", "expected faces as x y w h in pixels, got 1 of 1 within"),
        # 10 + 25 > 30, 15 > 20 / 2: faces in the right half, as corners
        ("a.png\n3\n" + "10 8 25 15\n" * 3, "got 3 of 3 boxes that leave .* as corners"),
        ("b.png\n1\n1 2 3 4\n", "got none; dropped pictures, picture missing: 1, b.png"),
    ],
)
def test_a_list_that_is_something_else_ends_in_one_line(
    tmp_path: Path, text: str, message: str
) -> None:
    pair = data_set(tmp_path / "one", "a.png")
    (tmp_path / "one" / "list.txt").write_text(text)
    process = run(*pair, f"--output={tmp_path / 'out'}", "--shards=1")
    assert process.returncode == 1
    assert process.stderr.startswith("error: ")
    assert len(process.stderr.splitlines()) == 1
    assert re.search(message, process.stderr)
    assert not (tmp_path / "out").exists()


def test_a_list_that_is_not_there_ends_in_one_line(tmp_path: Path) -> None:
    process = run(
        f"--list={tmp_path / 'no.txt'}", f"--images={tmp_path}", f"--output={tmp_path / 'out'}"
    )
    assert process.returncode == 1
    assert re.fullmatch(r"error: .*no\.txt: No such file or directory\n", process.stderr)


def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    pair = data_set(tmp_path / "one", "a.png")
    list_file = tmp_path / "one" / "list.txt"
    for number in range(300):
        (tmp_path / "one" / f"{number}.png").write_bytes((tmp_path / "one" / "a.png").read_bytes())
    list_file.write_text("".join(f"{number}.png\n1\n1 2 3 4\n" for number in range(300)))
    command = [sys.executable, "-m", "tfface.data.prepare", *pair, f"--output={tmp_path / 'out'}"]
    process = subprocess.Popen(
        [*command, "--workers=2"], start_new_session=True, stderr=subprocess.DEVNULL
    )
    while len(alive(process.pid)) < 3 and process.poll() is None:  # the parent and two more
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert alive_after(process.pid, seconds=60) == []
