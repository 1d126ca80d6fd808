"""Close portraits and the boxes in them."""

import cv2
import numpy as np
import pytest

pytest.importorskip("skimage", reason="brings a picture")
pytest.importorskip("matplotlib", reason="brings a picture")

from benchmarks import portraits
from benchmarks.portraits import is_face, main
from tfface.detections import Detections

FACE = np.array([100, 100, 200, 200])


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ([], []),
        ([[100, 100, 200, 200]], [True]),
        # 100 x 60 of 100 x 100: an IoU of 0.6; 100 x 40: 0.4.
        ([[100, 100, 200, 160]], [True]),
        ([[100, 100, 200, 140]], [False]),
        # The second is one too many although it lies there as well.
        ([[110, 110, 150, 150], [100, 100, 200, 200], [100, 100, 200, 190]], [False, True, False]),
    ],
)
def test_the_face_is_found_once(boxes, expected) -> None:
    found = is_face(np.array(boxes, np.float32).reshape(-1, 4), FACE)

    assert found.tolist() == expected


def test_portraits_are_of_3000_pixels_and_their_faces_lie_in_them() -> None:
    for _, image, (x_min, y_min, x_max, y_max) in portraits.portraits():
        height, width = image.shape[:2]
        assert max(height, width) == 3000
        assert 0 <= x_min < x_max <= width
        assert 0 <= y_min < y_max <= height


class FindsTwo:
    """The face of a picture that it is told, and a box in its corner."""

    def detect(self, image, threshold, long_side):
        boxes = np.array([FACE, [0, 0, 20, 20]], np.float32)
        return Detections(boxes, np.array([0.9, 0.6], np.float32))


def test_a_line_tells_what_was_missed_and_what_was_too_much(tmp_path, monkeypatch, capsys) -> None:
    image = np.zeros((300, 300, 3), np.uint8)
    monkeypatch.setattr(portraits, "open_detector", lambda *_, **__: FindsTwo())
    monkeypatch.setattr(
        portraits,
        "portraits",
        lambda: iter([("found", image, FACE), ("missed", image, FACE + 100)]),
    )

    assert main(["two", f"--pictures={tmp_path}"]) == 0

    # Two sizes of each: one box too many where the face is found, two where it is not.
    assert "two                    2 faces missed   6 other boxes" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "two-found-640.png",
        "two-found-default.png",
        "two-missed-640.png",
        "two-missed-default.png",
    ]
    assert cv2.imread(str(tmp_path / "two-found-640.png")).any()
