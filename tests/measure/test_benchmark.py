"""measure.benchmark: milliseconds, cold start, memory and size of TFLite files, side by side."""

import json
import subprocess
import sys

import pytest

from measure import benchmark
from measure.benchmark import format_table, main

pytest.importorskip("skimage")


@pytest.fixture(autouse=True)
def one_cold_start(monkeypatch):
    monkeypatch.setattr(benchmark, "COLD_STARTS", 1)


@pytest.fixture
def fixed_file(fixed_tflite_content, tmp_path):
    path = tmp_path / "fixed.tflite"
    path.write_bytes(fixed_tflite_content)
    return path


def test_every_file_with_every_number_of_threads(tflite_file, fixed_file, tmp_path, capsys):
    output = tmp_path / "results" / "times.json"

    status = main(
        [str(tflite_file), str(fixed_file), "--threads=1,2", "--size=64x48", "--rounds=2"]
        + [f"--json={output}"]
    )

    assert status == 0
    report = json.loads(output.read_text())
    assert [(row["detector"], row["threads"]) for row in report["results"]] == [
        (str(tflite_file), 1),
        (str(fixed_file), 1),
        (str(tflite_file), 2),
        (str(fixed_file), 2),
    ]
    for row in report["results"]:
        assert 0 < row["median_ms"] <= row["percentile_90_ms"]
        assert row["cold_start_ms"] > 0
        assert 0 < row["idle_mb"] < row["peak_mb"]
    assert report["results"][0]["file_bytes"] == tflite_file.stat().st_size
    assert report["conditions"]["picture"] == {"width": 64, "height": 48}
    assert report["conditions"]["rounds"] == 2
    assert {"python", "ai-edge-litert", "numpy"} <= set(report["conditions"]["versions"])
    assert str(fixed_file) in capsys.readouterr().out
    assert [path.name for path in output.parent.iterdir()] == ["times.json"]


def test_the_table():
    row = {
        "detector": "small.tflite",
        "threads": 2,
        "file_bytes": 438_372,
        "median_ms": 6.5,
        "percentile_90_ms": 7.125,
        "cold_start_ms": 31.25,
        "peak_mb": 90.5,
        "idle_mb": 70.0,
    }
    conditions = {
        "processor": "a processor",
        "usable_cores": 2,
        "date": "2026-11-25",
        "versions": {"python": "3.11.7"},
        "picture": {"width": 640, "height": 480},
        "rounds": 200,
    }

    lines = format_table({"conditions": conditions, "results": [row]}).splitlines()

    assert lines[0] == "640x480, 200 rounds, a processor, 2 usable cores, 2026-11-25"
    assert lines[1] == "python 3.11.7"
    assert lines[2].split("  ")[-7:] == list(benchmark._COLUMNS)
    numbers = ["2", "6.50", "7.12", "31.2", "90.5", "20.5", "0.44"]
    assert lines[3].split() == ["small.tflite", *numbers]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "the path of a TFLite file, got no such file"),
        (b"", "got an empty file"),
        (b"\x89PNG\r\n\x1a\n", r"got 8 bytes with b'\r\n\x1a\n' there"),
        (b"\0\0\0\0TFL3" + b"\xff" * 99, "expected a whole TFLite file, got 107 bytes"),
    ],
    ids=["missing", "empty", "foreign", "damaged"],
)
def test_files_that_cannot_be_measured(tmp_path, capsys, content, message):
    path = tmp_path / "x.tflite"
    if content is not None:
        path.write_bytes(content)

    assert main([str(path), "--rounds=1", f"--json={tmp_path / 'times.json'}"]) == 1

    error = capsys.readouterr().err
    assert f"error: {path}: expected a" in error
    assert message in error
    assert not (tmp_path / "times.json").exists()


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--size=640", "expected a size such as 640x480 (width x height), got '640'"),
        ("--size=640x0", "got '640x0'"),
        ("--threads=0", "expected thread counts of 1 or more such as 1,2, got '0'"),
        ("--threads=1,", "got '1,'"),
        ("--threads=two", "got 'two'"),
        ("--rounds=0", "expected a whole number of 1 or more, got '0'"),
    ],
)
def test_arguments_that_make_no_sense(argument, message, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["fbi-half", argument])

    assert exit_.value.code == 2
    assert message in capsys.readouterr().err


def test_needs_neither_tensorflow_nor_keras():
    modules = "import measure.benchmark, measure.cold_start, sys; print(*sys.modules)"
    process = subprocess.run([sys.executable, "-c", modules], capture_output=True, text=True)

    assert process.returncode == 0, process.stderr
    assert {"tensorflow", "keras", "benchmarks"} & set(process.stdout.split()) == set()


def test_a_precision_is_that_of_presets(tflite_file, capsys):
    assert main([str(tflite_file), "--precision=int8"]) != 0
    assert "expected a preset beside --precision, got files alone" in capsys.readouterr().err
