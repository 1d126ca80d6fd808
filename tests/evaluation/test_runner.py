"""Specification of `tfface.evaluation.runner`, with a detector that finds white rectangles."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tfface.evaluation.runner import (
    detect_pictures,
    evaluate_detector,
    long_side_for,
)
from tfface.evaluation.wider_files import open_wider


class WhiteDetector:
    """Detects the rectangle around all that is white; remembers how it was called."""

    def __init__(self):
        self.calls = []

    def detect(self, image, threshold, long_side):
        self.calls.append((image.shape, threshold, long_side))
        rows, columns = np.nonzero(image[..., 0] > 127)
        if not len(rows):
            return SimpleNamespace(boxes=np.zeros((0, 4)), scores=np.zeros(0))
        box = [columns.min(), rows.min(), columns.max(), rows.max()]
        return SimpleNamespace(boxes=np.array([box], np.float32), scores=np.array([0.9]))


def test_pictures_that_are_missing_are_not_evaluated(wider_dir):
    wider = open_wider(wider_dir)
    assert list(wider.ground_truth) == ["0--Parade/a.jpg", "0--Parade/b.jpg"]
    assert wider.listed == 3


def test_a_folder_without_any_picture_is_an_error(wider_dir):
    for picture in (wider_dir / "WIDER_val/images/0--Parade").iterdir():
        picture.unlink()
    with pytest.raises(FileNotFoundError, match="expected pictures of the WIDER FACE"):
        open_wider(wider_dir)


def test_detector_is_judged_on_the_pictures_present(wider_dir):
    curves = evaluate_detector(WhiteDetector(), wider_dir)
    # a.jpg counts everywhere and is found; b.jpg counts on hard and is missed; c.jpg is missing.
    areas = {setting: curve.average_precision for setting, curve in curves.items()}
    assert areas == {"easy": 1.0, "medium": 1.0, "hard": 0.5}
    assert {setting: curve.faces for setting, curve in curves.items()} == {
        "easy": 1,
        "medium": 1,
        "hard": 2,
    }


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ({}, [0, 0]),
        ({"long_side": 640}, [640, 640]),
        ({"scale": 2}, [160, 200]),
        ({"scale": 0.5}, [40, 50]),
    ],
)
def test_detector_gets_the_test_size(wider_dir, size, expected):
    detector = WhiteDetector()
    evaluate_detector(detector, wider_dir, threshold=0.3, **size)
    shapes = [(60, 80, 3), (100, 40, 3)]
    assert detector.calls == [
        (shape, 0.3, long_side) for shape, long_side in zip(shapes, expected, strict=True)
    ]


def test_long_side_of_a_tiny_picture_is_never_0():
    assert long_side_for(np.zeros((1, 1, 3)), long_side=0, scale=0.1) == 1


def test_long_side_of_a_long_picture_is_at_most_the_largest_there_is():
    assert long_side_for(np.zeros((1, 5000, 3)), long_side=0, scale=4) == 16384


def test_every_picture_has_predictions_and_a_time(wider_dir):
    wider = open_wider(wider_dir)
    run = detect_pictures(WhiteDetector(), wider.image_root, wider.ground_truth)
    assert {name: rows.shape for name, rows in run.predictions.items()} == {
        "0--Parade/a.jpg": (1, 5),
        "0--Parade/b.jpg": (0, 5),
    }
    assert run.seconds.shape == (2,)
    assert (run.seconds > 0).all()


def test_a_picture_that_cannot_be_read_stops_the_evaluation(wider_dir):
    from tfface.image import ImageReadError

    (wider_dir / "WIDER_val/images/0--Parade/b.jpg").write_bytes(b"no picture")
    with pytest.raises(ImageReadError, match=r"b\.jpg"):
        evaluate_detector(WhiteDetector(), wider_dir)


def test_the_evaluation_loads_neither_tensorflow_nor_keras():
    code = (
        "import sys, tfface.evaluate, tfface.evaluation.runner\n"
        "print([name for name in ('tensorflow', 'keras', 'matplotlib') if name in sys.modules])"
    )
    root = Path(__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


@pytest.mark.skipif("TFFACE_DATA" not in os.environ, reason="needs WIDER FACE in $TFFACE_DATA")
def test_the_official_ground_truth_is_found_by_its_own_boxes():
    wider = open_wider(Path(os.environ["TFFACE_DATA"]) / "widerface")
    assert wider.listed == 3226
    predictions = {
        name: np.insert(faces.boxes, 4, 1.0, axis=1) for name, faces in wider.ground_truth.items()
    }
    from tfface.evaluation.wider import evaluate_wider

    for curve in evaluate_wider(predictions, wider.ground_truth).values():
        assert curve.average_precision == pytest.approx(1)
