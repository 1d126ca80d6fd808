"""python -m tfface.evaluate: annotations of one's own, in the layouts of other tools."""

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from tfface.evaluate import main


def test_own_data_are_judged_as_coco_does(own_data, model, tmp_path, capsys):
    report = tmp_path / "result.json"
    assert main(["--model", model, *own_data, "--json", str(report)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "model.tflite, original size, score threshold 0.02",
        "own data (csv), AP as COCO takes it (IoU 0.5 to 0.95), single scale",
        "2 of 3 pictures",
        "faces of size  faces     AP   AP50   AP75     AR",
        "all                1  100.0  100.0  100.0  100.0",
        "small              1  100.0  100.0  100.0  100.0",  # 19 x 19
        "medium             0      -      -      -      -",
        "large              0      -      -      -      -",
    ]
    assert json.loads(report.read_text())["curves"]["small"]["average_precision"] == 1


def test_own_data_have_their_report(own_data, model, tmp_path):
    folders = ["--report", str(tmp_path / "report"), "--predictions", str(tmp_path / "detections")]
    assert main(["--model", model, *own_data, *folders]) == 0
    assert "own data (csv)" in (tmp_path / "report" / "index.html").read_text()
    assert (tmp_path / "detections" / "b.txt").read_text() == "b\n0\n"


def test_names_of_files_that_are_no_text(model, tmp_path, capsys):
    pictures, labels, outputs = (tmp_path / name for name in ("pictures", "labels", "outputs"))
    odd = os.fsdecode(b"a\xff\n\x1b[31m")
    for folder in (pictures, labels, outputs):
        folder.mkdir()
    (pictures / f"{odd}.png").write_bytes(cv2.imencode(".png", np.zeros((60, 80, 3), np.uint8))[1])
    (labels / f"{odd}.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    model = str(Path(model).rename(tmp_path / f"{odd}.tflite"))
    arguments = ["--dataset", "yolo", "--list", str(labels), "--images", str(pictures)]
    arguments += ["--model", model, "--json", str(outputs / "result.json")]
    arguments += ["--plot", str(outputs / "plot.png"), "--predictions", str(outputs / odd)]
    assert main([*arguments, "--report", str(outputs / "report")]) == 0
    assert "a\\udcff \\x1b[31m.tflite, original size" in capsys.readouterr().out

    again = [*arguments[:6], "--compare", str(outputs / odd), "--report", str(outputs / f"r{odd}")]
    assert main(again) == 0
    assert "a\\udcff \\x1b[31m\nfaces of size" in capsys.readouterr().out


@pytest.mark.parametrize("layout", ["csv", "coco"])
def test_boxes_that_are_no_pixels_are_refused_as_for_training(own_data, model, capsys, layout):
    table = Path(own_data[own_data.index("--list") + 1])
    image, face = {"id": 1, "file_name": "a.png"}, {"image_id": 1, "bbox": [0.1, 0.2, 0.3, 0.4]}
    content = {
        "csv": "image,xmin,ymin,xmax,ymax\na.png,0.1,0.2,0.4,0.6\n",
        "coco": json.dumps({"images": [image], "annotations": [face]}),
    }
    table.write_text(content[layout])
    assert main(["--model", model, *own_data, "--dataset", layout]) == 2
    assert "in pixels, got 1 of 1 within 0..1, such as 0.1 0.2 0.3 0.4" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dataset", "coco"], "expected --list and --images for --dataset coco"),
        (["--dataset", "coco", "--list", "a.json"], "expected --list and --images"),
        (["--list", "a.json", "--images", "b"], "expected --data for --dataset wider"),
    ],
)
def test_a_list_belongs_to_own_data_and_to_nothing_else(model, capsys, arguments, message):
    assert main(["--model", model, *arguments]) == 2
    assert message in capsys.readouterr().err
