"""Results in the formats of others; our own readers read them."""

import io
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tfface.data.coco import read_coco
from tfface.data.csv_table import read_csv
from tfface.exports import EXPORTS, yolo_text

TWO = {
    "file": "a.png",
    "width": 80,
    "height": 40,
    "faces": [{"box": [10, 20, 30, 40], "score": 0.75}, {"box": [0, 0, 8, 4], "score": 0.5}],
}
NONE: dict[str, Any] = {"file": "b.png", "width": 80, "height": 40, "faces": []}
FAILED = {"file": "c.png", "error": "c.png: no picture"}
FRAMES: list[dict[str, Any]] = [
    {"file": "d.mp4", "width": 80, "height": 40, "frame": number, "faces": faces}
    for number, faces in enumerate(([], TWO["faces"]))
]


def written(name: str, *results: dict[str, Any]) -> str:
    file = io.StringIO()
    export = EXPORTS[name](file)
    for result in results:
        export.write(result)
    export.close()
    return file.getvalue()


def test_json_lines_are_the_results() -> None:
    lines = written("jsonl", TWO, FAILED, NONE).splitlines()

    assert [json.loads(line) for line in lines] == [TWO, FAILED, NONE]


def test_csv() -> None:
    assert written("csv", TWO, FAILED, NONE, *FRAMES).splitlines() == [
        "file_name,x_min,y_min,x_max,y_max,score",
        "a.png,10,20,30,40,0.75",
        "a.png,0,0,8,4,0.5",
        "b.png,,,,,",
        "d.mp4#0,,,,,",
        "d.mp4#1,10,20,30,40,0.75",
        "d.mp4#1,0,0,8,4,0.5",
    ]


def test_coco() -> None:
    content = json.loads(written("coco", NONE, FAILED, TWO))

    assert [(image["id"], image["file_name"]) for image in content["images"]] == [
        (1, "b.png"),
        (2, "a.png"),
    ]
    assert content["annotations"][0] == {
        "id": 1,
        "image_id": 2,
        "category_id": 1,
        "bbox": [10, 20, 20, 20],
        "area": 400,
        "iscrowd": 0,
        "score": 0.75,
    }
    assert [face["id"] for face in content["annotations"]] == [1, 2]
    assert json.loads(written("coco"))["images"] == []


def test_yolo() -> None:
    # Centre (20, 30) of 80 x 40: 0.25, 0.75; 20 x 20: 0.25, 0.5. Then (4, 2): 0.05; 8 x 4: 0.1.
    assert yolo_text(TWO).splitlines() == [
        "0 0.250000 0.750000 0.250000 0.500000 0.750000",
        "0 0.050000 0.050000 0.100000 0.100000 0.500000",
    ]
    assert yolo_text(NONE) == ""


def test_our_own_readers_read_them(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / name), np.zeros((40, 80, 3), np.uint8))
    for name, read in (("csv", read_csv), ("coco", read_coco)):
        file = tmp_path / name
        file.write_text(written(name, TWO, NONE))

        samples, _ = read(file, tmp_path)

        boxes = {sample.path.name: sample.boxes.tolist() for sample in samples}
        assert boxes == {"a.png": [[10, 20, 30, 40], [0, 0, 8, 4]], "b.png": []}
