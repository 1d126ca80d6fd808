"""tfface.data.shards: whole data sets; the same files from the same input, nothing done twice."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tfface.data.recording import Options
from tfface.data.records import Record, read_records, serialize, write_shard
from tfface.data.sample import ReadReport, Sample
from tfface.data.shards import prepare


@pytest.fixture
def samples(tmp_path: Path) -> list[Sample]:
    """Seven pictures of 80 x 80 pixels; picture i has one face, 10 i + 3 pixels square."""
    (tmp_path / "images").mkdir()
    found = []
    for i in range(7):
        path = tmp_path / "images" / f"{i}.png"
        cv2.imwrite(str(path), np.full((80, 80, 3), 30 * i, np.uint8))
        side = 10 * i + 3
        found.append(
            Sample(path, path.name, np.array([[0, 0, side, side]], np.float32), np.array([i == 0]))
        )
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def names(folder: Path) -> list[list[str]]:
    return [
        [record.name for record in read_records([p])] for p in sorted(folder.glob("*.tfrecord"))
    ]


def test_every_picture_is_in_one_shard(samples: list[Sample], tmp_path: Path) -> None:
    prepare(samples, tmp_path / "out", "train", shards=3)
    assert sorted(path.name for path in (tmp_path / "out").glob("*.tfrecord")) == [
        "train-00000-of-00003.tfrecord",
        "train-00001-of-00003.tfrecord",
        "train-00002-of-00003.tfrecord",
    ]
    shards = names(tmp_path / "out")
    assert [len(shard) for shard in shards] == [3, 2, 2]
    assert sorted(sum(shards, [])) == [f"{i}.png" for i in range(7)]
    for record in read_records((tmp_path / "out").glob("*.tfrecord")):
        side = 10 * int(record.name[0]) + 3
        np.testing.assert_array_equal(record.boxes, [[0, 0, side, side]])


def test_the_seed_decides_order_and_shard(samples: list[Sample], tmp_path: Path) -> None:
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        prepare(samples, tmp_path / folder, shards=2, seed=seed)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert names(tmp_path / "a") != names(tmp_path / "c")


def test_processes_write_what_one_process_writes(samples: list[Sample], tmp_path: Path) -> None:
    prepare(samples, tmp_path / "one", shards=2)
    prepare(samples, tmp_path / "two", shards=2, workers=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_the_summary(samples: list[Sample], tmp_path: Path) -> None:
    samples[3].path.write_bytes(b"no picture")
    dropped = ReadReport(pictures=8, faces=9)
    dropped.drop_picture("lost", "x.png")
    result = prepare(samples, tmp_path, "val", shards=2, dropped=dropped)
    assert result == json.loads((tmp_path / "val.json").read_text())
    assert (result["pictures"], result["faces"], result["ignored_faces"]) == (6, 6, 1)
    assert result["dropped_pictures"] == {"lost": ["x.png"], "picture unreadable": ["3.png"]}
    # faces of 13, 23, 43, 53 and 63 pixels; the one of 3 is ignored, that of 33 unreadable
    sizes = {"0": 0, "4": 0, "8": 1, "16": 1, "32": 3, "64": 0, "128": 0, "256": 0, "512": 0}
    assert result["face_sizes"] == sizes
    for shard in result["shards"]:
        data = (tmp_path / shard["file"]).read_bytes()
        assert shard["bytes"] == len(data)
        assert shard["sha256"] == hashlib.sha256(data).hexdigest()


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the shards written since the start of the test."""
    found: list[str] = []

    def write_and_note(path: Path, examples: Iterable[bytes]) -> None:
        write_shard(path, examples)
        found.append(path.name)

    monkeypatch.setattr("tfface.data.shards.write_shard", write_and_note)
    return found


FIRST, SECOND = "train-00000-of-00002.tfrecord", "train-00001-of-00002.tfrecord"


def test_a_second_run_writes_nothing(
    samples: list[Sample], tmp_path: Path, written: list[str]
) -> None:
    first = prepare(samples, tmp_path / "out", shards=2)
    assert prepare(samples, tmp_path / "out", shards=2) == first
    assert written == [FIRST, SECOND]


def test_an_interrupted_run_goes_on_with_the_shard_it_was_in(
    samples: list[Sample], tmp_path: Path, written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    def serialize_five(record: Record) -> bytes:
        nonlocal calls
        calls += 1
        if calls > 5:  # the first shard holds four pictures
            raise KeyboardInterrupt
        return serialize(record)

    monkeypatch.setattr("tfface.data.shards.serialize", serialize_five)
    with pytest.raises(KeyboardInterrupt):
        prepare(samples, tmp_path / "out", shards=2)
    assert sorted(contents(tmp_path / "out")) == [FIRST.replace("tfrecord", "json"), FIRST]

    monkeypatch.setattr("tfface.data.shards.serialize", serialize)
    result = prepare(samples, tmp_path / "out", shards=2)
    assert written == [FIRST, SECOND]
    assert result["pictures"] == 7


@pytest.mark.parametrize("change", ["picture", "box", "flag", "option", "shard"])
def test_what_changed_is_written_again(
    samples: list[Sample], tmp_path: Path, written: list[str], change: str
) -> None:
    prepare(samples, tmp_path / "out", shards=1)
    options = Options(min_face=5) if change == "option" else Options()
    if change == "picture":
        cv2.imwrite(str(samples[0].path), np.zeros((80, 80, 3), np.uint8) + 200)
    elif change == "box":
        samples[0].boxes[0, 2] = 7
    elif change == "flag":
        samples[0].ignored[0] = False
    elif change == "shard":
        with (tmp_path / "out" / "train-00000-of-00001.tfrecord").open("ab") as file:
            file.write(b"damage")
    prepare(samples, tmp_path / "out", shards=1, options=options)
    assert len(written) == 2


def test_shards_of_another_split_are_refused(samples: list[Sample], tmp_path: Path) -> None:
    prepare(samples, tmp_path / "out", shards=2)
    with pytest.raises(FileExistsError, match="to be 3, got train-00000-of-00002.tfrecord; remove"):
        prepare(samples, tmp_path / "out", shards=3)
    prepare(samples, tmp_path / "out", "train-reduced", shards=3)
    prepare(samples, tmp_path / "out", shards=2)


def test_a_name_that_is_no_text(samples: list[Sample], tmp_path: Path) -> None:
    path = tmp_path / "images" / "caf\udce9.png"  # the byte 0xe9, which is no UTF-8
    samples[0].path.rename(path)
    prepare([replace(samples[0], path=path, name=path.name)], tmp_path / "out", shards=1)
    assert names(tmp_path / "out") == [[path.name]]


def test_no_samples(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected at least one picture, got none"):
        prepare([], tmp_path)


def test_more_shards_than_pictures(samples: list[Sample], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected 1 to 7 shards, .*got 8"):
        prepare(samples, tmp_path, shards=8)
