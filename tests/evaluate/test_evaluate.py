"""Specification of the command line `python -m tfface.evaluate`."""

import hashlib
import json

import cv2
import pytest

from tests.evaluate.stub import StubDetector
from tfface.evaluate import main


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


def test_options_may_have_dashes(data, model):
    assert main(["--model", model, "--data", str(data), "--long-side", "640"]) == 0
    assert StubDetector.long_sides == [640, 640]


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
