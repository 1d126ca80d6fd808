"""The runs of a study: made once, gone on with, and compared."""

import json
import signal
import sys
from pathlib import Path

import pytest

from benchmarks.studies import make_run, print_results, results, run_for


def test_a_run_is_asked_to_end() -> None:
    sleeps = [sys.executable, "-c", "import time; time.sleep(60)"]

    assert run_for(sleeps, seconds=0.5) == -signal.SIGTERM
    assert run_for([sys.executable, "-c", "raise SystemExit(3)"], None) == 3


@pytest.fixture
def commands(monkeypatch) -> list[list[str]]:
    """What would have been run, and is not; it ends well."""
    given: list[list[str]] = []

    def end_well(command: list[str], seconds: float | None) -> int:
        given.append(command)
        return 0

    monkeypatch.setattr("benchmarks.studies.run_for", end_well)
    return given


def test_what_is_done_is_not_done_again(tmp_path: Path, commands) -> None:
    (tmp_path / "final.keras").touch()

    make_run(tmp_path, ["--seed=1"])
    make_run(tmp_path / "other", ["--seed=1"])

    assert [command[1:] for command in commands] == [
        ["-m", "train.main", "--seed=1", f"--output={tmp_path / 'other'}"]
    ]


def test_a_run_that_was_ended_is_no_failure(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr("benchmarks.studies.run_for", lambda *_: 128 + signal.SIGTERM)

    make_run(tmp_path, [], seconds=1)

    assert capsys.readouterr().out == f"{tmp_path}: ended; the same command goes on\n"


def test_a_study_stops_where_a_run_fails(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("benchmarks.studies.run_for", lambda *_: 1)

    with pytest.raises(SystemExit, match=f"the run {tmp_path} failed"):
        make_run(tmp_path, [])


def test_results_are_those_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"in {tmp_path}, got none"):
        results([tmp_path / "a", tmp_path / "b"])
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "result.json").write_text(json.dumps({"setting": "b", "all": 1.5}))

    assert results([tmp_path / "a", tmp_path / "b"]) == [{"setting": "b", "all": 1.5}]


def test_seeds_of_a_setting_are_compared(capsys) -> None:
    rows = [
        {"setting": "a", "seed": 0, "hard": 1.5},
        {"setting": "b", "seed": 0, "hard": 3.0},
        {"setting": "a", "seed": 1, "hard": 2.25},
    ]

    print_results(rows, ["hard"])

    *lines, last = capsys.readouterr().out.splitlines()
    assert lines[0] == "setting a  seed 0  hard 1.5" and len(lines) == 3
    assert last == "a: the seeds differ by hard 0.75"
