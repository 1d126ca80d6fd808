"""Average precision on pictures of the training beside that on others."""

import cv2
import numpy as np
import pytest

pytest.importorskip("keras")

from benchmarks import held_out
from tfface.data.records import Record, serialize, write_shard
from tfface.detections import Detections

FACE = [16, 16, 48, 48]


class FindsOneFace:
    """A box at the place of `FACE` in pictures of twice their size."""

    def detect(self, image, threshold, long_side):
        assert max(image.shape[:2]) == long_side == 128
        return Detections(np.array([[32, 32, 96, 96]], np.float32), np.array([0.9], np.float32))


def write(path, box) -> str:
    encoded = cv2.imencode(".png", np.zeros((64, 64, 3), np.uint8))[1].tobytes()
    record = Record("a.png", encoded, 64, 64, np.array([box], np.float32), np.zeros(1, bool))
    write_shard(path, [serialize(record)])
    return str(path)


def test_two_lines_tell_both_sets(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(held_out, "open_detector", lambda *_, **__: FindsOneFace())
    trained = write(tmp_path / "a.tfrecord", FACE)
    # Found 32 x 32 of 32 x 20: an IoU of 0.625, which counts at 0.5 and not at 0.7.
    other = write(tmp_path / "b.tfrecord", [16, 16, 48, 36])

    assert held_out.main(["x", "--trained", trained, "--held_out", other, "--long_side=128"]) == 0

    first, second = capsys.readouterr().out.splitlines()
    assert "trained" in first and "0.5: 100.0 / 100.0 / 100.0   IoU 0.7: 100.0" in first
    assert "held out" in second and "0.5: 100.0 / 100.0 / 100.0   IoU 0.7: 0.0" in second
