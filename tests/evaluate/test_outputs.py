"""python -m tfface.evaluate: what it writes, and where."""

import contextlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.evaluate.stub import StubDetector
from tfface.evaluate import main


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
