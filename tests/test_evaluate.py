"""Specification of the command line `python -m tfface.evaluate`."""

import contextlib
import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

import tfface
from tfface.evaluate import main, sha256_of
from tfface.evaluation.benchmarks import BENCHMARKS
from tfface.evaluation.pictures import PictureSet
from tfface.evaluation.wider import SETTINGS, WiderFaces


class StubDetector:
    """Finds the face of a.jpg, and nothing in any picture of another size."""

    loaded: list[tuple[str, int]] = []
    long_sides: list[int | None] = []

    @classmethod
    def from_preset(cls, name_or_path, threads, precision):
        if name_or_path == "unknown":
            raise ValueError("expected one of fbi-1, got unknown")
        cls.loaded.append((name_or_path, threads))
        return cls()

    def detect(self, image, threshold, long_side=None, strategy=None):
        self.long_sides.append(long_side)
        found = image.shape[:2] == (60, 80)
        boxes = np.array([[20, 10, 39, 29]] if found else [], np.float32).reshape(-1, 4)
        return SimpleNamespace(boxes=boxes, scores=np.full(len(boxes), 0.75, np.float32))


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data set of two pictures that are present and one that is not; returns its folder.

    Both have one face: that of a.jpg, 80 x 60 pixels, counts in every setting, that of b.jpg,
    40 x 100 pixels, on hard only.
    """
    folder = tmp_path / "widerface"
    ground_truth = {}
    for name, size, settings in (("a", (60, 80), SETTINGS), ("b", (100, 40), ("hard",))):
        picture = folder / "0--Parade" / f"{name}.jpg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(picture), np.zeros((*size, 3), np.uint8))
        counted = {setting: np.array([setting in settings]) for setting in SETTINGS}
        faces = WiderFaces(np.array([[20, 10, 39, 29]], np.float32), counted)
        ground_truth[f"0--Parade/{name}.jpg"] = faces
    sets = {folder: PictureSet(folder, ground_truth, listed=3)}
    wider = replace(BENCHMARKS["wider"], open=sets.__getitem__)
    monkeypatch.setitem(BENCHMARKS, "wider", wider)
    return folder


@pytest.fixture
def fddb_data(tmp_path):
    """A folder like FDDB's, of two pictures that are present and one that is not.

    The circle of radius 10 around (29, 19) fits the box that is found in a.jpg, 80 x 60 pixels:
    0.80 of it in pixels, pi / 4 on paper. That of b.jpg, 40 x 100 pixels, is missed.
    """
    folder = tmp_path / "fddb"
    (folder / "FDDB-folds").mkdir(parents=True)
    (folder / "originalPics").mkdir()
    names = {"a": (60, 80), "b": (100, 40), "missing": None}
    for name, size in names.items():
        if size:
            picture = np.zeros((*size, 3), np.uint8)
            cv2.imwrite(str(folder / "originalPics" / f"{name}.jpg"), picture)
    text = "".join(f"{name}\n1\n10 10 0 29 19  1\n" for name in names)
    (folder / "FDDB-folds" / "FDDB-fold-01-ellipseList.txt").write_text(text)
    return folder


@pytest.fixture
def model(tmp_path, monkeypatch):
    """The path of a model file, which loads as a `StubDetector`."""
    monkeypatch.setattr(tfface, "FaceDetector", StubDetector, raising=False)
    monkeypatch.setattr(StubDetector, "loaded", [])
    monkeypatch.setattr(StubDetector, "long_sides", [])
    path = tmp_path / "model.tflite"
    path.write_bytes(b"weights")
    return str(path)


def test_prints_a_table_with_its_conditions(data, model, capsys):
    assert main(["--model", model, "--data", str(data), "--long_side", "640"]) == 0
    output = capsys.readouterr().out
    for condition in ("model.tflite", "long side 640", "official", "2 of 3 pictures", "0.02"):
        assert condition in output
    assert output.splitlines()[-3:] == [
        "easy         1  100.0",
        "medium       1  100.0",
        "hard         2   50.0",
    ]


def test_json_holds_the_result_and_all_conditions(data, model, tmp_path):
    path = tmp_path / "results" / "result.json"
    arguments = ["--model", model, "--data", str(data), "--scale", "2", "--threads", "3"]
    assert main([*arguments, "--threshold", "0.1", "--json", str(path)]) == 0
    report = json.loads(path.read_text())
    assert report["curves"]["hard"]["average_precision"] == 0.5
    assert report["model"] == {"name": model, "sha256": hashlib.sha256(b"weights").hexdigest()}
    assert report["test_size"] == "2 x original size"
    assert (report["scale"], report["threshold"], report["threads"]) == (2, 0.1, 3)
    assert report["pictures"] == {"evaluated": 2, "listed": 3}
    assert report["seconds_per_picture"] > 0
    assert {"python", "numpy"} <= report["versions"].keys()
    assert "WIDER FACE" in report["protocol"]


def test_the_detector_is_loaded_once_and_gets_the_test_size(data, model):
    main(["--model", model, "--data", str(data), "--scale", "2", "--threads", "2"])
    assert StubDetector.loaded == [(model, 2)]
    # The long sides are 80 and 100 pixels.
    assert StubDetector.long_sides == [160, 200]


def test_a_search_at_several_scales_is_not_called_one_of_a_single_scale(data, model, capsys):
    assert main(["--model", model, "--data", str(data), "--strategy", "pyramid"]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "model.tflite, pyramid, score threshold 0.02",
        "WIDER FACE validation, official (IoU 0.5, 1000 thresholds)",
    ]


def test_json_alone_is_on_standard_output(data, model, capsys):
    assert main(["--model", model, "--data", str(data), "--json", "-"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["pictures"] == {"evaluated": 2, "listed": 3}
    assert "2 of 3 pictures" in printed.err


def test_json_is_alone_also_beside_a_report(fddb_data, model, tmp_path, capsys):
    arguments = ["--dataset", "fddb", "--data", str(fddb_data), "--model", model]
    assert main([*arguments, "--predictions", str(tmp_path / "other")]) == 0
    capsys.readouterr()
    report = ["--report", str(tmp_path / "report"), "--compare", str(tmp_path / "other")]
    assert main([*arguments, "--json", "-", *report]) == 0
    written = capsys.readouterr()
    assert json.loads(written.out)["pictures"] == {"evaluated": 2, "listed": 3}
    assert "wrote " in written.err and "other\nscore" in written.err


def test_a_plot_alone_is_on_standard_output(data, model, capfdbinary):
    assert main(["--model", model, "--data", str(data), "--plot", "-"]) == 0
    written = capfdbinary.readouterr()
    assert cv2.imdecode(np.frombuffer(written.out, np.uint8), cv2.IMREAD_COLOR) is not None
    assert written.out.endswith(b"IEND\xaeB`\x82")
    assert b"2 of 3 pictures" in written.err


def test_what_was_asked_for_is_there_where_standard_output_is_full(
    data, model, tmp_path, monkeypatch
):
    path = tmp_path / "result.json"
    full = open("/dev/full", "w")  # noqa: SIM115 - closing it fails
    monkeypatch.setattr("sys.stdout", full)

    assert main(["--model", model, "--data", str(data), "--json", str(path)]) != 0
    monkeypatch.undo()
    with contextlib.suppress(OSError):
        full.close()

    assert json.loads(path.read_text())["pictures"] == {"evaluated": 2, "listed": 3}


@pytest.mark.parametrize("option", ["--json", "--plot", "--predictions", "--report"])
def test_outputs_are_looked_at_before_the_work(data, model, tmp_path, capsys, option):
    blocked = tmp_path / "model.tflite" / "result"
    assert main(["--model", model, "--data", str(data), option, str(blocked)]) == 2
    assert "model.tflite is a file" in capsys.readouterr().err
    assert StubDetector.loaded == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--json", "x", "--plot", "./x"],
            "expected --plot at a place of its own, got x, which is",
        ),
        (["--json", "-", "--plot", "-"], "expected --plot at a place of its own, got -, which is"),
        (["--json", "r/index.html", "--report", "r"], "expected --report, index.html at a place"),
        (
            ["--json", "model.tflite"],
            "--json at a place of its own, got model.tflite, which is wha",
        ),
        (["--plot", "new", "--predictions", "new"], "expected a file to write, got the folder"),
        (
            ["--report", "r", "--compare", "p/x", "--predictions", "p/x"],
            "expected --predictions beside what --compare reads, got p/x for both",
        ),
    ],
)
def test_no_output_takes_the_place_of_another(
    data, model, tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    assert main(["--model", model, "--data", str(data), *arguments]) == 2
    assert message in capsys.readouterr().err
    assert Path(model).read_bytes() == b"weights"
    assert StubDetector.loaded == []


def test_the_annotations_stay_as_they_were(own_data, model, capsys):
    table = own_data[own_data.index("--list") + 1]
    assert main(["--model", model, *own_data, "--json", table]) == 2
    assert "faces.csv, which is what is read" in capsys.readouterr().err


def test_options_may_have_dashes(data, model):
    assert main(["--model", model, "--data", str(data), "--long-side", "640"]) == 0
    assert StubDetector.long_sides == [640, 640]


def test_plot_and_predictions_are_written_where_asked(data, model, tmp_path):
    plot, predictions = tmp_path / "curves.png", tmp_path / "predictions"
    arguments = ["--model", model, "--data", str(data), "--plot", str(plot)]
    assert main([*arguments, "--predictions", str(predictions)]) == 0
    assert cv2.imread(str(plot)) is not None
    assert (predictions / "0--Parade/a.txt").read_text().splitlines() == [
        "a",
        "1",
        "20.000 10.000 19.000 19.000 0.75000000",
    ]
    assert (predictions / "0--Parade/b.txt").read_text() == "b\n0\n"


def test_the_data_set_is_found_by_the_environment(data, model, monkeypatch, capsys):
    monkeypatch.setenv("TFFACE_DATA", str(data.parent))
    assert main(["--model", model]) == 0
    assert "original size" in capsys.readouterr().out


def test_fddb_prints_a_table_with_its_conditions(fddb_data, model, capsys):
    arguments = ["--model", model, "--dataset", "fddb", "--data", str(fddb_data)]
    assert main([*arguments, "--long_side", "640"]) == 0
    assert StubDetector.long_sides == [640, 640]
    assert capsys.readouterr().out.splitlines() == [
        "model.tflite, long side 640, score threshold 0.02",
        "FDDB, official scores (boxes on ellipses, discrete: IoU above 0.5), single scale",
        "2 of 3 pictures",
        "score       faces  false positives  true positives   rate",
        "discrete        2              100               1   50.0",
        "discrete        2             1000               1   50.0",
        "continuous      2              100        0.804348   40.2",
        "continuous      2             1000        0.804348   40.2",
    ]


def test_fddb_writes_the_same_report_and_files(fddb_data, model, monkeypatch, tmp_path):
    monkeypatch.setenv("TFFACE_DATA", str(fddb_data.parent))
    json_path, plot, folder = (tmp_path / name for name in ("r.json", "r.png", "predictions"))
    arguments = ["--model", model, "--dataset", "fddb", "--json", str(json_path)]
    assert main([*arguments, "--plot", str(plot), "--predictions", str(folder)]) == 0
    report = json.loads(json_path.read_text())
    assert "FDDB" in report["protocol"]
    assert report["pictures"] == {"evaluated": 2, "listed": 3}
    assert report["curves"]["discrete"] == {
        "faces": 2,
        "true_positives_at": {"100": 1, "1000": 1},
        "true_positive_rate_at": {"100": 0.5, "1000": 0.5},
        "thresholds": [0.75],
        "true_positives": [1],
        "false_positives": [0],
    }
    assert cv2.imread(str(plot)) is not None
    assert (folder / "pictures.txt").read_text() == "a\nb\n"


def test_fddb_that_is_not_there_is_told_with_exit_code_2(model, tmp_path, capsys):
    assert main(["--model", model, "--dataset", "fddb", "--data", str(tmp_path)]) == 2
    assert "FDDB-folds" in capsys.readouterr().err


def test_an_unknown_model_is_told_with_exit_code_2(data, model, capsys):
    assert main(["--model", "unknown", "--data", str(data)]) == 2
    assert "expected one of fbi-1" in capsys.readouterr().err


def test_a_data_set_that_is_not_there_is_told_with_exit_code_2(model, tmp_path, capsys):
    assert main(["--model", model, "--data", str(tmp_path)]) == 2
    assert str(tmp_path / "ground_truth" / "wider_face_val.mat") in capsys.readouterr().err


def test_a_picture_that_cannot_be_read_is_named(data, model, capsys):
    (data / "0--Parade/b.jpg").write_bytes(b"no picture")
    assert main(["--model", model, "--data", str(data)]) == 2
    assert "b.jpg" in capsys.readouterr().err


def test_without_a_data_set_the_message_says_what_to_set(model, monkeypatch, capsys):
    monkeypatch.delenv("TFFACE_DATA", raising=False)
    assert main(["--model", model]) == 2
    assert "give --data or set TFFACE_DATA" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--long_side", "640", "--scale", "2"], "not allowed with"),
        (["--long_side", "-1"], "expected a whole number from 0 to 16384, got '-1'"),
        (["--long_side", "100000"], "expected a whole number from 0 to 16384, got '100000'"),
        (["--scale", "0"], "expected a number from 0.015625 to 16, got '0'"),
        (["--scale", "nan"], "expected a number from 0.015625 to 16, got 'nan'"),
        (["--scale", "1e9"], "expected a number from 0.015625 to 16, got '1e9'"),
        (["--threads", "2147483648"], "expected a whole number from 1 to 1024, got '2147483648'"),
        (["--threshold", "nan"], "expected a number from 0 to 1, got 'nan'"),
    ],
)
def test_wrong_sizes_are_refused(model, capsys, arguments, message):
    with pytest.raises(SystemExit) as caught:
        main(["--model", model, *arguments])
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_checksum_of_a_folder_covers_names_and_contents(tmp_path):
    checksums = set()
    for name, content in (("a", b"1"), ("a", b"2"), ("b", b"1")):
        folder = tmp_path / f"{name}{content.decode()}"
        folder.mkdir()
        (folder / name).write_bytes(content)
        checksums.add(sha256_of(folder))
    assert len(checksums) == 3


def test_several_detectors_are_compared_in_a_report(fddb_data, model, tmp_path, capsys):
    arguments = ["--dataset", "fddb", "--data", str(fddb_data)]
    other, folder = tmp_path / "other.tflite", tmp_path / "predictions" / "elsewhere"
    other.write_bytes(b"weights")
    assert main([*arguments, "--model", model, "--predictions", str(folder)]) == 0
    report = ["--report", str(tmp_path / "report"), "--compare", str(folder)]
    assert main([*arguments, "--model", model, str(other), *report]) == 0

    page = (tmp_path / "report" / "index.html").read_text()
    for name in ("model.tflite", "other.tflite", "elsewhere"):
        assert f"</span>{name}" in page
    assert page.count("python -m tfface.evaluate --dataset fddb") == 2  # both commands
    assert "missed by model.tflite, found by elsewhere" in page
    assert "elsewhere\nscore" in capsys.readouterr().out


def test_a_folder_is_called_by_its_name_also_from_within(
    fddb_data, model, tmp_path, monkeypatch, capsys
):
    folder = tmp_path / "elsewhere"
    arguments = ["--dataset", "fddb", "--data", str(fddb_data)]
    assert main([*arguments, "--model", model, "--predictions", str(folder)]) == 0
    monkeypatch.chdir(folder)
    assert main([*arguments, "--compare", ".", "--report", str(tmp_path / "report")]) == 0
    assert "elsewhere\nscore" in capsys.readouterr().out


def test_predictions_of_several_detectors_have_a_folder_each(fddb_data, model, tmp_path):
    other, folder = tmp_path / "other.tflite", tmp_path / "predictions"
    other.write_bytes(b"weights")
    arguments = ["--dataset", "fddb", "--data", str(fddb_data), "--model", model, str(other)]
    assert main([*arguments, "--predictions", str(folder)]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["model.tflite", "other.tflite"]
    assert (folder / "other.tflite" / "pictures.txt").read_text() == "a\nb\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected a detector, got none"),
        (["--model", "a", "b/a"], "expected detectors of different names, got a, a"),
        (["--model", "a", "b", "--json", "x"], "expected one --model beside --json, got 2"),
        (["--model", "a", "--compare", "b"], "expected --report beside --compare"),
        (["--compare", "b", "--report", "c", "--predictions", "d"], "a --model beside --pred"),
    ],
)
def test_detectors_that_do_not_fit_the_question(data, arguments, message, capsys):
    assert main([*arguments, "--data", str(data)]) == 2
    assert message in capsys.readouterr().err


def test_compared_detections_must_be_there(data, model, tmp_path, capsys):
    arguments = ["--model", model, "--data", str(data), "--report", str(tmp_path / "report")]
    assert main([*arguments, "--compare", str(tmp_path / "none")]) == 2
    assert "expected detections in the layout of WIDER FACE" in capsys.readouterr().err
    assert StubDetector.loaded == []


@pytest.fixture
def own_data(tmp_path):
    """Options for two pictures in a table: the detector finds the face of a.png; b.png has none."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, size in (("a", (60, 80)), ("b", (100, 40))):
        cv2.imwrite(str(folder / f"{name}.png"), np.zeros((*size, 3), np.uint8))
    table = tmp_path / "faces.csv"
    table.write_text("image,xmin,ymin,xmax,ymax\na.png,20,10,39,29\nb.png,,,,\nc.png,1,1,9,9\n")
    return ["--dataset", "csv", "--list", str(table), "--images", str(folder)]


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
