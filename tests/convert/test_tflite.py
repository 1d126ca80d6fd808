"""convert.tflite: files that LiteRT runs."""

import itertools
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from convert.graph import DetectionGraph
from convert.metadata import describe, embed
from convert.parity import Tolerance, compare
from convert.tflite import ConversionError, to_tflite
from tfface.anchors import grid_anchors
from tfface.detectors.loading import load_detector
from tfface.distiller import Distiller
from tfface.predict.description import read_embedded
from tfface.predict.face_detector import FaceDetector
from tfface.predict.litert import LiteRTRuntime
from tfface.predict.selection import Selection
from tfface.predict.suppression import MAX_DETECTIONS
from tfface.presets import PRESETS


def noise(height, width):
    return np.random.default_rng(height).integers(0, 256, (height, width, 3), dtype=np.uint8)


def operations_of(content, size):
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content)
    (images,) = interpreter.get_input_details()
    interpreter.resize_tensor_input(images["index"], (1, *size, 3))
    interpreter.allocate_tensors()
    return [operation["op_name"] for operation in interpreter._get_ops_details()]


def test_one_file_of_any_size_finds_what_the_detector_finds(detector, tflite_of_any_size, picture):
    runtime = LiteRTRuntime(tflite_of_any_size, "small.tflite")
    images = [picture, noise(96, 64), noise(77, 131), picture]

    parity = compare(runtime, detector, images, Selection())

    assert runtime.fixed_size is None
    assert parity.matched > 20
    parity.check(Tolerance(score=1e-4, box=0.01, unmatched=0.0))


@pytest.mark.parametrize("size", [(1, 1), (32, 32), (5, 300)])
def test_pictures_with_fewer_anchors_than_candidates(tflite_of_any_size, size):
    boxes, scores = LiteRTRuntime(tflite_of_any_size, "small.tflite").run(noise(*size))

    assert len(boxes) == len(scores)
    assert (boxes >= 0).all() and (boxes <= [size[1], size[0]] * 2).all()


@pytest.mark.parametrize("size", [(32, 32), (64, 96), (96, 50), (1, 1)])
def test_no_tensor_is_empty_at_any_size(empty_tensors, tflite_of_any_size, size):
    """Most runtimes write out of bounds where an operation fills a tensor without elements."""
    for content in (tflite_of_any_size, *(preset.read() for preset in PRESETS.values())):
        assert not empty_tensors(content, size)


@pytest.mark.parametrize("size", [(128, 160), (100, 90)])
def test_a_file_of_one_size(tiny_detector, size):
    content = to_tflite(DetectionGraph(tiny_detector, size=size, batch=1))
    runtime = LiteRTRuntime(content, "small.tflite")

    assert runtime.fixed_size == size
    parity = compare(runtime, tiny_detector, [noise(*size)], Selection())
    parity.check(Tolerance(score=1e-4, box=0.01))


def test_a_batch_of_pictures(empty_tensors, tiny_detector, picture):
    content = to_tflite(DetectionGraph(tiny_detector, batch=2))
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content)
    run = interpreter.get_signature_runner("serving_default")
    both = run(images=np.stack([noise(128, 160), picture]))
    _, scores = LiteRTRuntime(content, "two.tflite").run(picture)

    assert both["boxes"].shape == (2, MAX_DETECTIONS, 4)
    assert both["count"][1] == len(scores) != both["count"][0]
    np.testing.assert_allclose(both["scores"][1, : len(scores)], scores, atol=1e-6)
    assert not empty_tensors(content, picture.shape[:2])


def test_only_builtin_operations_and_the_network_is_delegated_at_every_size(tflite_of_any_size):
    for size in ((128, 160), (77, 131)):
        operations = operations_of(tflite_of_any_size, size)
        assert "DELEGATE" in operations
        assert not [name for name in operations if name.startswith("Flex") or name == "CUSTOM"]
    assert "NON_MAX_SUPPRESSION_V4" in operations


def test_the_file_is_a_face_detector(tflite_of_any_size, picture, tmp_path):
    path = tmp_path / "small.tflite"
    path.write_bytes(tflite_of_any_size)

    detections = FaceDetector.from_preset(path).detect(picture, threshold=0.02)

    assert len(detections) > 0


def test_the_file_says_what_it_is(tflite_of_any_size):
    description = read_embedded(tflite_of_any_size)

    assert description is not None
    assert description["name"] == "best"
    assert description["detector"] == "FaceBoxesImproved"
    assert description["config"]["width"] == 0.5
    assert description["selection"]["score_threshold"] == 0.02


def test_licence_and_terms_of_a_preset_go_with_it(detector):
    description = describe(detector, "fbi-half", Selection())

    assert description["name"] == "fbi-half"
    assert description["licence"] == "Apache-2.0"
    assert "WIDER FACE" in description["data_terms"]


def test_the_file_of_a_distilled_detector_is_as_large_as_any(TinyDetector, tmp_path: Path) -> None:
    """A student after a step with a teacher, and the same one after a step without.

    Names of layers are in the file, and Keras counts them; so each is loaded as if into a new
    process, as `convert.main` does. TFLite stores equal constants once; so no bias is left at zero.
    """
    generator = np.random.default_rng(0)
    anchors = len(grid_anchors(TinyDetector().anchor_levels, 128, 128))
    targets = {
        "labels": np.eye(1, anchors, dtype=np.int32),
        "offsets": np.zeros((1, anchors, 4), np.float32),
    }
    batch = noise(128, 128)[None], targets
    sizes = []
    for distils in (False, True):
        student = TinyDetector(name="student")
        student.set_weights([generator.uniform(0.01, 0.1, w.shape) for w in student.get_weights()])
        model = Distiller(student, TinyDetector(width=1)) if distils else student
        model.compile(optimizer=keras.optimizers.SGD(1e-3), jit_compile=False)
        model.fit((batch for _ in itertools.count()), steps_per_epoch=1, shuffle=False, verbose=0)
        model.save(tmp_path / "student.keras")
        keras.utils.clear_session()
        trained = load_detector(str(tmp_path / "student.keras"))
        description = describe(trained, "student.keras", Selection())
        sizes.append(len(embed(to_tflite(DetectionGraph(trained, batch=1)), description)))

    assert sizes[0] == sizes[1]


def test_a_detector_that_tflite_has_no_operations_for(tiny_detector):
    graph = DetectionGraph(tiny_detector, size=(32, 32), batch=1)
    graph.functions["serving_default"] = tf.function(
        lambda images: {"count": tf.raw_ops.Betainc(a=0.5, b=0.5, x=tf.cast(images, tf.float32))},
        input_signature=[tf.TensorSpec((1, 4, 4, 3), tf.uint8, "images")],
    )

    with pytest.raises(ConversionError, match="builtin in TFLite, got Betainc"):
        to_tflite(graph)


def test_sizes_without_pixels(tiny_detector):
    with pytest.raises(ValueError, match="at least 1x1 pixels, got 0x32"):
        DetectionGraph(tiny_detector, size=(0, 32))
