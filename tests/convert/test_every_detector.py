"""Every detector of the registry as TFLite files, without conversion knowing it."""

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from convert.graph import DetectionGraph
from convert.parity import Tolerance, compare
from convert.quantization import quantize
from convert.tflite import to_tflite
from tfface.anchors import grid_anchors
from tfface.detectors.registry import DETECTORS
from tfface.predict.litert import LiteRTRuntime
from tfface.predict.selection import Selection

SIZE = (64, 96)

WHOLE = ["GroupedFastRCNN", "RefineFace"]
"""The one that selects faces by scores of its own, and the one that decodes boxes twice.

What follows decoding is one code for all; its files are those of test_tflite.py and the presets.
"""

QUANTIZED = [*WHOLE, "PlainFace", "UFSSD"]
"""Every kind of network but those of test_quantization.py and of the presets."""

ALL = [*QUANTIZED, *sorted(DETECTORS.keys() - set(QUANTIZED))]
"""Those come first, so that pytest makes and converts each detector once."""


def spread_scores(detector, image):
    """Multiplies all kernels until the logits of an untrained network differ as trained ones do."""
    for _ in range(50):
        spread = np.std(detector(image[None], training=False)["scores"])
        if 0.5 < spread < 2.0:
            return
        for weight in detector.weights:
            if "kernel" in weight.name:
                weight.assign(weight * (1.1 if spread < 1 else 0.95))
    raise AssertionError(f"expected logits that differ by about 1, got {spread}")


@pytest.fixture(scope="module", params=ALL)
def detector(request, small_detector, image):
    detector = small_detector(request.param)
    spread_scores(detector, image)
    return detector


@pytest.fixture(scope="module")
def image():
    picture = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    picture[:, :40] = 0  # so that not every place is alike
    return picture


@pytest.fixture(scope="module")
def outputs(detector, image):
    return detector(image[None], training=False)


@pytest.fixture(scope="module")
def candidates(detector):
    """A float32 file of all boxes and their scores."""
    return to_tflite(DetectionGraph(detector, size=SIZE, batch=1), "candidates")


def run_candidates(content, image):
    interpreter = Interpreter(model_content=content)
    return interpreter.get_signature_runner("candidates")(images=image[None])


def operations_of(content):
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    return [operation["op_name"] for operation in interpreter._get_ops_details()]


def test_every_box_and_score_is_that_of_the_detector(detector, candidates, image, outputs):
    found = run_candidates(candidates, image)

    boxes = detector.decode(
        {name: outputs[name] for name in detector.box_outputs},
        grid_anchors(detector.anchor_levels, *SIZE),
    )
    np.testing.assert_allclose(found["scores"], tf.sigmoid(outputs["scores"]), atol=1e-4)
    np.testing.assert_allclose(found["boxes"], boxes, rtol=1e-3, atol=0.02)


def test_all_of_it_is_one_partition(candidates):
    operations = operations_of(candidates)

    assert operations.count("DELEGATE") == 1
    assert not [name for name in operations if name.startswith("Flex") or name == "CUSTOM"]


@pytest.mark.parametrize("detector", QUANTIZED, indirect=True)
def test_int8_is_one_partition_and_near_the_detector(candidates, image, outputs):
    content = quantize(candidates, "int8", [image[None]], "candidates")

    assert operations_of(content).count("DELEGATE") == 1
    found, expected = run_candidates(content, image), tf.sigmoid(outputs["scores"])
    assert np.isfinite(found["boxes"]).all()
    assert np.mean(np.abs(found["scores"] - expected)) < 0.05


@pytest.mark.parametrize("detector", WHOLE, indirect=True)
def test_faces_are_those_of_the_detector(detector, image, outputs):
    # Thirty candidates or so, whatever the scores of an untrained network are.
    logits, _ = detector.candidates(outputs, *SIZE, 100)
    scores = tf.sigmoid(logits).numpy().ravel()  # falling
    threshold = float(scores[30] + scores[29]) / 2
    candidates = 100 if detector.rescores_candidates else 30
    selection = Selection(score_threshold=threshold, candidates=candidates)
    content = to_tflite(DetectionGraph(detector, selection, batch=1))

    parity = compare(LiteRTRuntime(content, "small.tflite"), detector, [image], selection)

    assert parity.matched
    parity.check(Tolerance(score=1e-4, box=0.05, unmatched=0.1))
