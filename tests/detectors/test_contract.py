"""What every detector of the registry keeps, so that nothing else has to know it by name."""

import json
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from tfface.anchors import grid_anchors
from tfface.detectors.loading import build_detector, load_detector, write_description
from tfface.detectors.options import constructor_options, recipe_options
from tfface.detectors.registry import DETECTORS, detector_class, detector_name
from tfface.matching import FACE

SMALL: dict[str, dict[str, Any]] = {
    "FaceBoxes": {"width": 0.25},
    "FaceBoxesImproved": {"width": 0.25},
    "PlainFace": {"stem": 8, "channels": (8, 8, 8), "blocks": (1, 1, 1), "filters": 8},
    "ResNetFPN": {"width": 0.125, "levels": (3, 4, 5, 6), "filters": 16},
    "YuNet": {"channels": (8, 8, 8, 8, 8)},
}
"""Options that make each detector small enough for a test."""

FACES = np.array([[10, 12, 40, 50], [60, 20, 70, 34]], np.float32)


@pytest.fixture(scope="module", params=sorted(DETECTORS))
def detector(request):
    keras.utils.set_random_seed(0)
    return detector_class(request.param)(**SMALL[request.param])


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, 96, 160, 3), dtype=np.uint8)


def batch(detector, size: int = 96) -> tuple:
    """Two pictures with the same two faces, and what the detector learns from them."""
    pictures = np.random.default_rng(1).integers(0, 256, (2, size, size, 3), dtype=np.uint8)
    targets = detector.make_targets(size, size)
    uniform = np.linspace(0, 1, targets.uniform_count, dtype=np.float32)
    made = targets(FACES, np.full(2, FACE, np.int32), uniform)
    return pictures, {name: np.stack([value] * 2) for name, value in made.items()}


def test_a_configuration_makes_the_same_detector(detector):
    config = json.loads(json.dumps(detector.get_config()))

    again = type(detector).from_config(config)

    assert again.get_config() == detector.get_config()
    assert [w.shape for w in again.get_weights()] == [w.shape for w in detector.get_weights()]


def test_every_option_is_an_attribute_and_described(detector):
    for option in constructor_options(detector):
        assert hasattr(detector, option.name)
        assert option.help, f"{type(detector).__name__} does not describe {option.name}"
    for option in recipe_options(detector):
        assert hasattr(detector.recipe, option.name)
        assert option.help, f"{detector.recipe_class.__name__} does not describe {option.name}"


@pytest.mark.parametrize("size", [(32, 32), (96, 160), (224, 32)])
def test_one_output_an_anchor_at_any_size(detector, size):
    anchors = len(grid_anchors(detector.anchor_levels, *size))

    outputs = detector(np.zeros((1, *size, 3), np.uint8))

    assert outputs["scores"].shape == (1, anchors)
    for name in detector.box_outputs:
        assert outputs[name].shape == (1, anchors, 4)


def test_the_network_alone_gives_what_a_call_gives(detector, images):
    maps = detector.inference_maps(detector.normalize(images))

    joined, outputs = detector.join(maps), detector(images)

    assert {"scores", *detector.box_outputs} <= set(outputs) == set(joined)
    for name, output in outputs.items():
        np.testing.assert_allclose(joined[name], output, atol=1e-5)


def test_training_scores_are_those_of_inference_where_nothing_is_normalised_anew(detector, images):
    detector.trainable = False  # batch normalisation then keeps its statistics
    trained, outputs = detector(images, training=True), detector(images)
    detector.trainable = True

    np.testing.assert_allclose(trained["scores"], outputs["scores"], rtol=1e-3, atol=1e-3)


def test_candidates_are_the_surest_boxes(detector, images):
    outputs = detector(images)
    height, width = images.shape[1:3]

    scores, boxes = detector.candidates(outputs, height, width, 5)

    every = ops.convert_to_numpy(outputs["scores"])
    order = np.argsort(-every, axis=1, kind="stable")[:, :5]
    np.testing.assert_allclose(scores, np.take_along_axis(every, order, 1))
    anchors = grid_anchors(detector.anchor_levels, height, width)
    for index in range(2):
        chosen = {
            name: ops.convert_to_numpy(outputs[name])[index][order[index]]
            for name in detector.box_outputs
        }
        expected = detector.decode(chosen, anchors[order[index]])
        np.testing.assert_allclose(boxes[index], expected, rtol=1e-4, atol=1e-3)


def losses_of_one_step(detector, **compilation) -> dict[str, float]:
    weights = detector.get_weights()
    detector.compile(optimizer=keras.optimizers.SGD(1e-3), **compilation)
    batches = (data for data in [batch(detector)])
    history = detector.fit(batches, steps_per_epoch=1, shuffle=False, verbose=0).history
    detector.set_weights(weights)
    return {name: values[0] for name, values in history.items()}


def test_a_step_as_a_graph_and_compiled_by_xla_has_the_same_losses(detector):
    graph = losses_of_one_step(detector, jit_compile=False)
    compiled = losses_of_one_step(detector, jit_compile=True)

    assert {"loss", *detector.loss_names} <= set(graph)
    assert np.isfinite(list(graph.values())).all()
    assert compiled == pytest.approx(graph, rel=1e-3)


def test_it_is_saved_and_loaded(detector, images, tmp_path):
    path = tmp_path / "small.keras"
    detector.save(path)

    loaded = load_detector(path)

    np.testing.assert_allclose(loaded(images)["scores"], detector(images)["scores"], atol=1e-5)


def test_a_run_describes_it(detector, tmp_path):
    write_description(detector, tmp_path)

    again = build_detector(json.loads((tmp_path / "detector.json").read_text()))

    assert detector_name(again) == detector_name(detector)
    assert again.get_config() == detector.get_config()
    assert again.recipe == detector.recipe


def test_what_inference_needs_is_a_part_of_all_weights(detector):
    every = {id(weight) for weight in detector.weights}
    assert {id(weight) for weight in detector.inference_weights()} <= every
