"""Pictures in shards: each in the output once, whatever ends the work between two of them."""

import json
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tfface import shards
from tfface.detections import Detections
from tfface.shards import Plan, Shard, detect_shard, list_pictures

SETTINGS: dict[str, Any] = {
    **{"model": "any", "precision": "float32", "threshold": 0.5, "long_side": None},
    **{"max_pixels": 1000, "shard_size": 2, "format": "jsonl"},
}


class OneFace:
    """Finds one face in every picture."""

    def detect(self, image: np.ndarray, threshold: float, long_side: int | None) -> Detections:
        return Detections(np.array([[1, 2, 3, 4]], np.float32), np.array([0.75], np.float32))


@pytest.fixture(autouse=True)
def detector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "_detector", lambda *names: OneFace())
    shards._pictures_of.cache_clear()


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    """Two pictures, a file that is none, and two pictures."""
    for name in "abde":
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.zeros((8, 9, 3), np.uint8))
    (tmp_path / "c.png").write_bytes(b"nothing")
    return list_pictures([str(tmp_path / "*.png")])


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_picture_is_in_one_file(pictures: list[str], tmp_path: Path) -> None:
    plan = Plan.begin(tmp_path / "faces", pictures, SETTINGS)
    # 5 pictures in shards of 2.
    assert plan.missing() == [Shard(0), Shard(1), Shard(2)]

    told = [detect_shard(plan, shard) for shard in plan.missing()]

    assert [(each["pictures"], each["failed"]) for each in told] == [(2, 0), (2, 1), (1, 0)]
    assert plan.complete() == (5, 1)
    found = [each for number in range(3) for each in lines(plan.file(Shard(number)))]
    failed = lines(tmp_path / "faces" / "dead-letters.jsonl")
    assert [Path(each["file"]).stem for each in found] == ["a", "b", "d", "e"]
    assert [Path(each["file"]).stem for each in failed] == ["c"]
    assert found[0]["faces"] == [{"box": [1, 2, 3, 4], "score": 0.75}]
    assert (found[0]["width"], found[0]["height"]) == (9, 8)


def test_nothing_is_left_beside_the_output(pictures: list[str], tmp_path: Path) -> None:
    plan = Plan.begin(tmp_path / "faces", pictures, SETTINGS)
    for shard in plan.missing():
        detect_shard(plan, shard)
    assert plan.complete() == plan.complete() == (5, 1)
    assert list((tmp_path / "faces").glob(".*")) == []

    # Of shards that are done again the letters are not there twice: c.png is in shard 1.
    for number in (0, 1):
        plan.file(Shard(number)).unlink()
        detect_shard(plan, Shard(number))
    assert plan.complete() == (5, 1)
    (letter,) = lines(tmp_path / "faces" / "dead-letters.jsonl")
    assert (Path(letter["file"]).stem, letter["shard"]) == ("c", 1)


def test_a_shard_that_is_done_is_left_alone(pictures: list[str], tmp_path: Path) -> None:
    plan = Plan.begin(tmp_path / "faces", pictures, SETTINGS)
    detect_shard(plan, Shard(1))
    before = plan.file(Shard(1)).stat().st_mtime_ns

    again = Plan.begin(tmp_path / "faces", pictures, SETTINGS)

    assert again.missing() == [Shard(0), Shard(2)]
    detect_shard(again, Shard(1))  # as a task does that Ray gives out twice
    assert plan.file(Shard(1)).stat().st_mtime_ns == before


def test_other_settings_need_another_folder(pictures: list[str], tmp_path: Path) -> None:
    Plan.begin(tmp_path / "faces", pictures, SETTINGS)
    with pytest.raises(ValueError, match="expected the threshold that .* was begun with"):
        Plan.begin(tmp_path / "faces", pictures, SETTINGS | {"threshold": 0.9})
    with pytest.raises(ValueError, match="expected the pictures that"):
        Plan.begin(tmp_path / "faces", pictures[1:], SETTINGS)


def test_a_name_with_brackets_is_that_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "photo[1].png"
    path.touch()

    assert list_pictures([str(path)]) == [str(path)]


def test_parquet_in_and_out(pictures: list[str], tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="needs the batch extra")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"path": pictures}), tmp_path / "list.parquet")
    listed = list_pictures([], tmp_path / "list.parquet")
    assert listed == pictures

    plan = Plan.begin(tmp_path / "faces", listed, SETTINGS | {"format": "parquet"})
    detect_shard(plan, Shard(0))

    rows = parquet.read_table(plan.file(Shard(0))).to_pylist()
    assert [row["faces"] for row in rows] == [[{"box": [1, 2, 3, 4], "score": 0.75}]] * 2


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_a_name_that_is_no_text_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    odd = os.fsdecode(b"b\xe9.png")
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 9, 3), np.uint8))
    (tmp_path / "a.png").rename(tmp_path / odd)
    (tmp_path / "list.txt").write_bytes(b"b\xe9.png\n")
    monkeypatch.chdir(tmp_path)
    plan = Plan.begin(
        tmp_path / "faces", list_pictures([], Path("list.txt")), SETTINGS | {"format": kind}
    )
    if kind == "jsonl":
        detect_shard(plan, Shard(0))
        assert lines(plan.file(Shard(0)))[0]["file"] == str(tmp_path / odd)
    else:  # text there is UTF-8
        parquet = pytest.importorskip("pyarrow.parquet", reason="needs the batch extra")
        detect_shard(plan, Shard(0))
        (row,) = parquet.read_table(plan.file(Shard(0))).to_pylist()
        assert row["file"] == str(tmp_path / r"b\udce9.png")


def test_a_glob_without_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no file that matches '.*\*\.gif'"):
        list_pictures([str(tmp_path / "*.gif")])


def test_a_list_without_a_path_in_some_row_is_refused(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="needs the batch extra")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"path": ["a.png", None]}), tmp_path / "list.parquet")

    with pytest.raises(ValueError, match="expected paths as text in .* got None in row 1"):
        list_pictures([], tmp_path / "list.parquet")
