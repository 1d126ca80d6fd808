"""AP of the sub-detectors of every scale."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tfface.anchors import grid_anchors, scales_of_anchors
from tfface.detectors.inference_graphs import InferenceGraphs
from tfface.evaluation.per_scale import LastOutputs, SubDetector, evaluate_all, scales_of
from tfface.evaluation.wider import WiderFaces


@pytest.fixture(scope="module")
def detector(TinyDetector: Any) -> Any:
    """Anchors of 16 and 32 pixels on one level, of 64 on another; each predicts itself."""
    detector = TinyDetector()
    for head in detector.heads:
        head.kernel.assign(0 * head.kernel)
    return detector


def boxes_by(detector: Any, scale: float | None) -> np.ndarray:
    image = np.zeros((60, 64, 3), np.uint8)
    return SubDetector(detector, scale).predict_boxes(image, 0.1)[0]


@pytest.mark.parametrize("scale", [16.0, 32.0, 64.0])
def test_only_anchors_of_the_scale_find_something(detector: Any, scale: float) -> None:
    sides = boxes_by(detector, scale)[:, 2:] - boxes_by(detector, scale)[:, :2]

    assert len(sides)
    np.testing.assert_allclose(sides, scale, rtol=1e-5)


def test_without_a_scale_all_of_them_do(detector: Any) -> None:
    boxes = boxes_by(detector, None)

    assert set(np.round(boxes[:, 2] - boxes[:, 0]).tolist()) == {16, 32, 64}


def test_scales_are_those_of_the_anchors(detector: Any) -> None:
    assert scales_of(detector) == [16, 32, 64]
    scales = scales_of_anchors(detector.anchor_levels, 64, 64)
    anchors = grid_anchors(detector.anchor_levels, 64, 64)
    np.testing.assert_allclose(anchors[:, 2] - anchors[:, 0], scales)
    with pytest.raises(ValueError, match="a scale of the anchors, 16, 32, 64, got 20"):
        SubDetector(detector, 20)


def test_sub_detectors_share_one_run_of_the_network(detector: Any) -> None:
    runs = []

    class Counted(InferenceGraphs):
        def outputs(self, picture: np.ndarray) -> Any:
            runs.append(picture)
            return super().outputs(picture)

    shared = LastOutputs(SimpleNamespace(graphs=Counted(detector)))
    images = [np.zeros((60, 64, 3), np.uint8), np.full((60, 64, 3), 9, np.uint8)]
    for image in images:
        for scale in (None, 16.0):
            alone, _ = SubDetector(detector, scale).predict_boxes(image, 0.1)
            together, _ = SubDetector(detector, scale, shared).predict_boxes(image, 0.1)
            np.testing.assert_array_equal(together, alone)

    assert len(runs) == len(images)


def test_every_face_counts() -> None:
    # Two faces, one of which hard leaves out: found, and the other not. Precision 1 up to a recall
    # of a half.
    boxes = np.array([[0, 0, 9, 9], [20, 20, 29, 29]], np.float32)
    ground_truth = {"a.jpg": WiderFaces(boxes, {"hard": np.array([False, True])})}
    predictions = {"a.jpg": np.array([[0, 0, 9, 9, 0.9]])}

    curve = evaluate_all(predictions, ground_truth)

    assert curve.faces == 2
    assert curve.average_precision == pytest.approx(0.5)
