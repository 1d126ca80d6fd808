"""A small untrained detector whose scores are spread as those of a trained one are."""

import numpy as np
import pytest


def empty_tensors(content, size):
    """Names of the tensors without elements in a file of any size that has seen noise."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=content,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    (images,) = interpreter.get_input_details()
    shape = (images["shape"][0], *size, 3)
    interpreter.resize_tensor_input(images["index"], shape)
    interpreter.allocate_tensors()
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    interpreter.set_tensor(images["index"], noise)
    interpreter.invoke()
    details = interpreter.get_tensor_details()
    assert len(details) > 20
    return [tensor["name"] for tensor in details if 0 in tensor["shape"]]


@pytest.fixture(scope="session", name="empty_tensors")
def empty_tensors_fixture():
    return empty_tensors


def spread_scores(detector, image, faces):
    """Makes about `faces` candidates of `image` have a score above 0.02, and few one near 1."""
    for head in detector.heads:
        head.bias.assign(np.zeros(head.bias.shape))
    differences = np.asarray(detector(image[None], training=False)["scores"])[0]
    factor = 1 / differences.std()
    for head in detector.heads:
        head.kernel.assign(head.kernel * factor)
    shift = np.log(0.02 / 0.98) - factor * np.sort(differences)[-faces]
    for head, level in zip(detector.heads, detector.anchor_levels, strict=True):
        bias = np.zeros((level.anchors_per_cell, 6))
        bias[:, 1] = shift
        head.bias.assign(bias.reshape(-1))


@pytest.fixture(scope="session", name="spread_scores")
def spread_scores_fixture():
    return spread_scores


@pytest.fixture(scope="session")
def detector(picture):
    import keras

    from tfface.detectors.faceboxes import FaceBoxesImproved

    keras.utils.set_random_seed(0)
    detector = FaceBoxesImproved(width=0.5)
    spread_scores(detector, picture, faces=40)
    return detector


@pytest.fixture(scope="session")
def tiny_detector(TinyDetector, picture):
    """One that is converted ten times as fast."""
    import keras

    keras.utils.set_random_seed(0)
    detector = TinyDetector()
    spread_scores(detector, picture, faces=40)
    return detector


@pytest.fixture(scope="session")
def float32(detector):
    """The detector as a TFLite file that takes every size, without a description."""
    from convert.graph import DetectionGraph
    from convert.tflite import to_tflite

    return to_tflite(DetectionGraph(detector, batch=1))


@pytest.fixture(scope="session")
def tflite_of_any_size(detector, float32):
    """The same with what it says of itself."""
    from convert.metadata import describe, embed
    from tfface.predict.selection import Selection

    return embed(float32, describe(detector, "runs/small/best.keras", Selection()))
