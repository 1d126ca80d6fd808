"""convert.candidates: all boxes, decoded, for those who suppress duplicates themselves."""

import numpy as np
import pytest
import tensorflow as tf

from convert.candidates import decode_level
from convert.faces import Selection
from convert.graph import DetectionGraph
from convert.parity import Tolerance, compare
from convert.tflite import to_tflite
from tfface.anchors import AnchorLevel, level_anchors
from tfface.boxes import decode
from tfface.detectors.faceboxes import FACEBOXES_ANCHORS, FBI_ANCHORS
from tfface.predict.litert import LiteRTRuntime

SIZE = (128, 160)


@pytest.mark.parametrize("level", [*FBI_ANCHORS[:2], FACEBOXES_ANCHORS[0]])
def test_the_same_boxes_as_with_a_grid_of_anchors(level: AnchorLevel) -> None:
    rows, columns = level.grid_shape(96, 160)
    generator = np.random.default_rng(0)
    channels = 4 * level.anchors_per_cell
    offsets = generator.normal(size=(2, rows, columns, channels)).astype(np.float32)

    boxes = decode_level(tf.constant(offsets), level)

    anchors = level_anchors(level, 96, 160)
    expected = decode(offsets.reshape(2, -1, 4), np.stack([anchors, anchors]))
    np.testing.assert_allclose(boxes, expected, atol=1e-3)


@pytest.mark.parametrize("size", [None, SIZE])
def test_a_file_of_candidates_finds_what_the_detector_finds(detector, picture, size):
    content = to_tflite(DetectionGraph(detector, size=size, batch=1), "candidates")

    parity = compare(LiteRTRuntime(content, "all.tflite"), detector, [picture], Selection())

    assert parity.matched > 20
    parity.check(Tolerance(score=1e-4, box=0.01, unmatched=0.0))


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
