"""benchmarks.peers: accuracy of the peers beside their milliseconds."""

from types import SimpleNamespace

import pytest

pytest.importorskip("cv2")
from benchmarks import pareto
from benchmarks.peers import main
from measure.peers import PEERS


def test_every_peer_that_is_there_at_its_sizes(tmp_path, monkeypatch, capsys) -> None:
    for key in ("yunet_n", "scrfd_500m"):
        (tmp_path / PEERS[key].file).touch()
    curves = dict.fromkeys(("easy", "medium", "hard"), SimpleNamespace(average_precision=0.5))
    monkeypatch.setattr(pareto, "open_detector", lambda *_, **__: None)
    monkeypatch.setattr(pareto, "evaluate_detector", lambda *_, **__: curves)
    monkeypatch.setattr(pareto, "milliseconds", lambda entries, *_: [2.0] * len(entries))
    arguments = [f"--peers={tmp_path}", f"--csv={tmp_path / 'p.csv'}", "--sizes=320,1024"]

    assert main([*arguments, f"--accuracies={tmp_path / 'a.json'}", f"--data={tmp_path}"]) == 0

    assert (tmp_path / "p.csv").read_text().splitlines()[1:] == [
        "detector,long side,easy,medium,hard,ms",
        "yunet_n (peer),320,50.0,50.0,50.0,2.0",
        "scrfd_500m (peer),640,50.0,50.0,50.0,2.0",
        "yunet_n (peer),1024,50.0,50.0,50.0,2.0",
    ]
    assert "scrfd_500m (peer)** | 640 | 2.00 | 50.0" in capsys.readouterr().out


def test_a_folder_without_peers(tmp_path, capsys) -> None:
    files = [f"--csv={tmp_path / 'p.csv'}", f"--accuracies={tmp_path / 'a.json'}"]

    assert main([f"--peers={tmp_path}", *files]) == 1
    assert "expected weights of peers in" in capsys.readouterr().err
