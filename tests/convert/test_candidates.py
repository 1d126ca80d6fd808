"""convert.candidates: all boxes, decoded, for those who suppress duplicates themselves."""

import numpy as np
import pytest
import tensorflow as tf

from convert.candidates import all_candidates, level_anchors
from convert.graph import DetectionGraph
from convert.parity import Tolerance, compare
from convert.tflite import to_tflite
from tfface import anchors
from tfface.anchors import AnchorLevel, grid_anchors
from tfface.boxes import decode
from tfface.detectors.anchor_detector import AnchorDetector
from tfface.detectors.faceboxes import FACEBOXES_ANCHORS, FBI_ANCHORS
from tfface.predict.litert import LiteRTRuntime
from tfface.predict.selection import Selection

SIZE = (128, 160)


LEVELS = [*FBI_ANCHORS[:2], FACEBOXES_ANCHORS[0], AnchorLevel(16, (20, 30), aspect=1.25)]


@pytest.mark.parametrize("level", LEVELS)
def test_anchors_are_those_of_the_grid_also_where_the_size_is_not_known(level: AnchorLevel) -> None:
    expected = anchors.level_anchors(level, 90, 160)

    np.testing.assert_allclose(level_anchors(level, 90, 160), expected, atol=1e-4)
    size = tf.constant([90, 160])
    np.testing.assert_allclose(level_anchors(level, size[0], size[1]), expected, atol=1e-4)


def test_the_same_boxes_and_scores_as_with_a_grid_of_anchors() -> None:
    grid = grid_anchors(LEVELS[:2], 96, 160)
    generator = np.random.default_rng(0)
    offsets = generator.normal(size=(2, len(grid), 4)).astype(np.float32)
    logits = generator.normal(size=(2, len(grid))).astype(np.float32)
    outputs = {"scores": tf.constant(logits), "offsets": tf.constant(offsets)}

    found = all_candidates(AnchorDetector(LEVELS[:2]), outputs, (96, 160))

    np.testing.assert_allclose(found["boxes"], decode(offsets, grid[None]), atol=1e-3)
    np.testing.assert_allclose(found["scores"], 1 / (1 + np.exp(-logits)), atol=1e-6)


def test_boxes_are_at_most_125_anchors_wide_and_high() -> None:
    # exp(40 * 0.2) = 2,981; cut to 125: 1,000 pixels around the centre of the cell, at 4.
    levels = (AnchorLevel(stride=8, scales=(8.0,)),)
    offsets = tf.constant([[[0.0, 0.0, 40.0, 40.0]]])
    outputs = {"scores": tf.zeros((1, 1)), "offsets": offsets}

    found = all_candidates(AnchorDetector(levels), outputs, (8, 8))

    np.testing.assert_allclose(found["boxes"], [[[-496, -496, 504, 504]]], rtol=1e-5)


@pytest.mark.parametrize("size", [None, SIZE])
def test_a_file_of_candidates_finds_what_the_detector_finds(
    empty_tensors, tiny_detector, picture, size
):
    """Those of real ones: test_every_detector.py at one size, test_runtimes.py at any."""
    content = to_tflite(DetectionGraph(tiny_detector, size=size, batch=1), "candidates")

    parity = compare(LiteRTRuntime(content, "all.tflite"), tiny_detector, [picture], Selection())

    assert parity.matched > 20
    parity.check(Tolerance(score=1e-4, box=0.01, unmatched=0.0))
    assert not empty_tensors(content, SIZE)


def test_all_of_it_is_one_partition(tiny_detector):
    from ai_edge_litert.interpreter import Interpreter

    content = to_tflite(DetectionGraph(tiny_detector, size=SIZE, batch=1), "candidates")
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    names = [operation["op_name"] for operation in interpreter._get_ops_details()]

    assert list(interpreter.get_signature_list()) == ["candidates"]
    assert names.count("DELEGATE") == 1
    assert not {"NON_MAX_SUPPRESSION_V4", "TOPK_V2"} & set(names)
    outputs = {tuple(output["shape"]) for output in interpreter.get_output_details()}
    # Strides 16 and 32 at 128x160: 8*10*2 + 4*5 = 180.
    assert outputs == {(1, 180, 4), (1, 180)}
