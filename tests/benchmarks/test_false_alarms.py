"""False alarms by kind of picture and score."""

import cv2
import numpy as np

from benchmarks import false_alarms
from benchmarks.false_alarms import main, pictures
from benchmarks.nothing import NOTHING, SIZES
from tfface.detections import Detections


class FindsBright:
    """Three boxes with scores of 0.9, 0.6 and 0.4 on every picture that is not black."""

    def detect(self, image, threshold, long_side):
        scores = np.array([0.9, 0.6, 0.4] if image.any() else [], np.float32)
        return Detections(np.zeros((len(scores), 4), np.float32), scores)


def test_the_kind_is_the_beginning_of_the_name(tmp_path) -> None:
    for name in ("cats_1.png", "cats_2.png", "wall.png"):
        cv2.imwrite(str(tmp_path / name), np.zeros((4, 4, 3), np.uint8))

    kinds = [kind for kind, _ in pictures(tmp_path)]

    nothing = len(NOTHING) * len(SIZES)
    assert kinds == ["nothing"] * nothing + ["cats", "cats", "wall"]


def test_the_table_is_written(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(false_alarms, "open_detector", lambda *_, **__: FindsBright())
    monkeypatch.setattr(false_alarms, "NOTHING", {})
    cv2.imwrite(str(tmp_path / "cats_1.png"), np.full((4, 4, 3), 255, np.uint8))

    assert main(["one", "two", f"--pictures={tmp_path}", f"--csv={tmp_path / 'a.csv'}"]) == 0

    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert "boxes a picture, default long side, float32 presets" in lines[0]
    assert lines[1:] == [
        "detector,kind,pictures,at 0.3,at 0.5,at 0.7",
        "one,cats,1,3.0000,2.0000,1.0000",
        "two,cats,1,3.0000,2.0000,1.0000",
    ]
    assert "two                  cats            3.00    2.00    1.00" in capsys.readouterr().out
