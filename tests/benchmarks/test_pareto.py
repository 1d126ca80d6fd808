"""benchmarks.pareto: what is on the front, and what is kept of a run that was broken off."""

import argparse
from pathlib import Path

import pytest

pytest.importorskip("cv2")
from benchmarks import pareto
from benchmarks.pareto import (
    Accuracies,
    Competitor,
    best,
    competitors,
    entries_at,
    format_table,
    sizes,
)
from benchmarks.pareto_plot import plot
from measure.peers import PEERS


def row(name: str, ms: float, easy: float, medium: float, hard: float) -> dict:
    accuracies = {"easy": easy, "medium": medium, "hard": hard}
    return {"detector": name, "long side": 640, "ms": ms, **accuracies}


ROWS = [
    row("slow float32", 9.0, 90, 80, 60),
    row("fast int8", 3.0, 85, 75, 50),
    row("beaten dynamic", 4.0, 85, 75, 49),  # by the one above, in time and on hard
    row("yunet_n (peer)", 9.5, 89, 79, 61),  # slower, but the best on hard
]


def test_the_front_is_what_nothing_beats() -> None:
    assert best(ROWS) == [True, True, False, True]
    assert best([ROWS[0], dict(ROWS[0])]) == [True, True]  # equals do not beat each other


def test_the_table_has_the_fastest_first_and_the_front_in_bold() -> None:
    lines = format_table(ROWS).splitlines()

    assert lines[2] == "| **fast int8** | 640 | 3.00 | 85.0 / 75.0 / 50.0 |"
    assert lines[3].startswith("| beaten dynamic | 640 | 4.00 |")


def test_a_table_of_one_of_both() -> None:
    timed = [{"detector": "fast int8", "long side": 640, "ms": 3.0}]
    judged = [{"detector": "fast int8", "long side": 640, "easy": 1.0, "medium": 2.0, "hard": 3.0}]

    assert format_table(timed).splitlines()[2] == "| fast int8 | 640 | 3.00 |  |"
    assert format_table(judged).splitlines()[2] == "| fast int8 | 640 |  | 1.0 / 2.0 / 3.0 |"


def test_every_preset_and_precision_takes_part() -> None:
    names = [entry.name for entry in competitors(None)]

    assert {"fbi-1 float32", "fbi-1 int8", "yunet-n dynamic", "fb-1 int8"} <= set(names)
    assert not any("peer" in name for name in names)


def test_peers_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="yunet_n_dynamic.onnx"):
        competitors(tmp_path)


def test_peers_of_one_size_are_measured_at_that_alone(tmp_path: Path) -> None:
    for key in ("yunet_n", "scrfd_500m", "ultra_light_slim_320"):
        (tmp_path / PEERS[key].file).touch()
    peers = [entry for entry in competitors(tmp_path) if entry.precision is None]

    assert [(entry.model, size) for entry, size in entries_at(peers, [1024, 320])] == [
        ("yunet_n", 320),
        ("ultra_light_slim_320", 320),
        ("scrfd_500m", 640),
        ("yunet_n", 1024),
    ]


def test_rows_are_measured_by_size(tmp_path: Path, monkeypatch) -> None:
    entries = [Competitor(name, name, "int8", name) for name in ("a", "b")]
    timed = []

    def milliseconds(contestants, peers, size, rounds):
        timed.append((len(contestants), size, rounds))
        return [float(size + place) for place, _ in enumerate(contestants)]

    monkeypatch.setattr(pareto, "milliseconds", milliseconds)

    rows = pareto.measure(entries_at(entries, [64, 32]), None, None, 5)

    assert timed == [(2, 32, 5), (2, 64, 5)]
    assert [(row["detector"], row["long side"], row["ms"]) for row in rows] == [
        ("a", 32, 32.0),
        ("b", 32, 33.0),
        ("a", 64, 64.0),
        ("b", 64, 65.0),
    ]


def test_what_was_measured_is_not_measured_again(tmp_path: Path, monkeypatch) -> None:
    class Curve:
        average_precision = 0.5

    measured = []

    def evaluate(detector, data, size, progress):
        measured.append(size)
        return {"easy": Curve, "medium": Curve, "hard": Curve}

    monkeypatch.setattr(pareto, "evaluate_detector", evaluate)
    entry = Competitor("fbi-half int8", "fbi-half", "int8", "abc")
    for size in (640, 320, 640):
        accuracies = Accuracies(tmp_path / "known.json", tmp_path)  # as a new run would
        assert accuracies.of(entry, None, size) == {"easy": 50, "medium": 50, "hard": 50}

    assert measured == [640, 320]


@pytest.mark.parametrize("text", ["", "640,", "big", "-4", "642"])
def test_long_sides_that_make_no_picture(text: str) -> None:
    assert sizes("320,640") == [320, 640]
    with pytest.raises(argparse.ArgumentTypeError, match="expected long sides such as 320,640"):
        sizes(text)


def test_the_plot_is_a_png(tmp_path: Path) -> None:
    plot(ROWS, tmp_path / "pareto.png", "one thread")

    assert (tmp_path / "pareto.png").read_bytes().startswith(b"\x89PNG")
