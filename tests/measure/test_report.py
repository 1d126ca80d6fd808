"""measure.report: what every precision costs."""

from pathlib import Path

import pytest

from measure import report
from measure.report import Data, format_table, judge


def row(precision, easy, medium, hard, one_thread=4.0, two_threads=2.0):
    return {
        "precision": precision,
        "average_precision": {"easy": easy, "medium": medium, "hard": hard},
        "ms": {"1": one_thread, "2": two_threads},
    }


FLOAT32 = row("float32", 80.0, 70.0, 40.0)


@pytest.mark.parametrize(
    ("converted", "verdict"),
    [
        (FLOAT32, "ok (+0.0)"),
        # The worst setting decides: hard falls by 0.9.
        (row("int8", 80.4, 70.0, 39.1, 2.0, 1.0), "ok (-0.9)"),
        (row("int8", 80.0, 68.9, 40.0, 2.0, 1.0), "LOSES TOO MUCH (-1.1)"),
        (row("float16", 80.0, 70.0, 39.9), "ok (-0.1)"),
        (row("float16", 80.0, 70.0, 39.8), "LOSES TOO MUCH (-0.2)"),
        (row("dynamic", 80.3, 70.2, 40.1), "ok (+0.1)"),
        (row("int16x8", 80.0, 70.0, 40.0, 100.0, 60.0), "ok (+0.0), slower"),
        (row("int8", 80.0, 70.0, 40.0, 4.3, 2.3), "ok (+0.0)"),  # by 8 % with one thread: noise
    ],
)
def test_verdicts(converted, verdict):
    assert judge(converted, FLOAT32) == verdict


def test_no_verdict_without_data():
    unknown = {**row("int8", 0, 0, 0), "average_precision": {}}

    assert judge(unknown, unknown) == "accuracy unknown"


def test_what_there_is_of_the_data(tmp_path):
    assert Data.find(None) == Data(None, None, None)
    assert Data.find(tmp_path).calibration is None

    trained_on = tmp_path / "WIDER_train" / "images"
    trained_on.mkdir(parents=True)
    assert Data.find(tmp_path) == Data(
        tmp_path, str(trained_on), str(tmp_path / "WIDER_val" / "images")
    )


def test_the_table():
    results = [
        {
            **row("int8", 79.94, 70.0, 39.5, 3.456, 2.0),
            "file": "deploy/small-int8.tflite",
            "bytes": 178_200,
            "partitions": [106, 9, 8],
            "verdict": "ok (-0.5)",
        }
    ]
    conditions = {
        "picture": {"width": 640, "height": 480},
        "rounds": 100,
        "long_side": 640,
        "processor": "a processor",
        "usable_cores": 2,
        "date": "2026-11-25",
    }

    lines = format_table({"conditions": conditions, "results": results}).splitlines()

    assert lines[0].startswith(
        "| file | KB | easy / medium / hard | ms, threads: 1 | ms, threads: 2"
    )
    assert lines[2] == (
        "| small-int8.tflite | 178 | 79.9 / 70.0 / 39.5 | 3.46 | 2.00 | 106 + 9 + 8 | ok (-0.5) |"
    )
    assert "long side 640" in lines[-1] and "a processor" in lines[-1]


def test_errors_are_messages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = report.main(["missing.keras", "--output", str(tmp_path), "--data", str(tmp_path)])

    assert status == 1
    assert "expected a folder of pictures" in capsys.readouterr().err


@pytest.mark.parametrize("second", ["runs/b/final.keras", "runs/b/FINAL.keras", "final"])
def test_models_whose_files_would_have_one_name_are_refused(tmp_path, second):
    with pytest.raises(ValueError, match="expected models of different names, .* got final, "):
        report.write_files(["runs/a/final.keras", second], tmp_path, Data(None, None, None))


def test_a_run_with_a_point_in_its_name_is_not_another_one():
    assert report._file_names(["runs/v1.2", "runs/v1.3", "a/b.keras"]) == ["v1.2", "v1.3", "b"]
