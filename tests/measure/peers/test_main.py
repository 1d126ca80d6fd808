"""The command that evaluates peers."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

pytest.importorskip("scipy")
from measure.peers import __main__ as command


@pytest.fixture
def fddb(tmp_path):
    """A folder like FDDB's with one picture of 80 x 60 pixels and a circle in it."""
    for name in ("FDDB-folds", "originalPics"):
        (tmp_path / "fddb" / name).mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "fddb/originalPics/a.jpg"), np.zeros((60, 80, 3), np.uint8))
    (tmp_path / "fddb/FDDB-folds/FDDB-fold-01-ellipseList.txt").write_text(
        "a\n1\n10 10 0 29 19  1\n"
    )
    return tmp_path / "fddb"


class FindsTheCircle:
    def detect(self, image, threshold, long_side):
        boxes = np.array([[20, 10, 39, 29]], np.float32)
        return SimpleNamespace(boxes=boxes, scores=np.array([0.75]))


def test_results_and_detections_of_each(fddb, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "open_peer", lambda *_: FindsTheCircle())
    arguments = ["--model", "yunet_n", "centerface", "--dataset", "fddb", "--data", str(fddb)]

    assert command.main([*arguments, "--predictions", str(tmp_path / "found")]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line in ("YuNet-n", "CenterFace")] == lines[:1] + [
        "CenterFace"
    ]
    assert sum(line.split() == ["discrete", "1", "100", "1", "100.0"] for line in lines) == 2
    for name in ("yunet_n", "centerface"):
        folder = tmp_path / "found" / name
        assert (folder / "pictures.txt").read_text() == "a\n"
        assert "measure.peers --model yunet_n centerface" in (folder / "command.txt").read_text()


def test_weights_that_are_not_there(fddb, tmp_path, capsys):
    arguments = ["--model", "yunet_n", "--dataset", "fddb", "--data", str(fddb)]

    assert command.main([*arguments, "--peers", str(tmp_path)]) == 1
    assert "expected the weights of YuNet-n at" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--long_side", "--threads"])
def test_numbers_out_of_their_range(option, capsys):
    with pytest.raises(SystemExit):
        command.main(["--model", "yunet_n", option, "-5"])
    assert "expected a whole number from" in capsys.readouterr().err
