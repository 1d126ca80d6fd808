"""Detectors as graphs of pictures of any size."""

from functools import partial
from typing import Any

import keras
import numpy as np
import pytest

from tests.whole import whole
from tfface.detectors.inference_graphs import InferenceGraphs


@pytest.fixture
def detector(TinyDetector: Any) -> Any:
    keras.utils.set_random_seed(0)
    return TinyDetector()


def picture_of(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (1, height, width, 3)).astype(np.float32)


def test_graphs_find_what_the_detector_finds_at_every_size(detector: Any) -> None:
    graphs = InferenceGraphs(detector)
    for height, width in ((64, 64), (64, 192), (128, 64)):
        picture = picture_of(height, width)
        expected = whole(partial(detector, training=False))(picture)

        outputs = graphs.outputs(picture)

        assert outputs.keys() == expected.keys()
        for name, value in expected.items():
            np.testing.assert_allclose(outputs[name], value, rtol=1e-4, atol=1e-4)
        for limit in (5, 50):
            found = graphs.candidates(expected, height, width, limit)
            candidates = partial(detector.candidates, height=height, width=width, limit=limit)
            by_operation = whole(candidates)(expected)
            for value, right in zip(found, by_operation, strict=True):
                np.testing.assert_allclose(value, right, rtol=1e-4, atol=1e-3)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="no graphs elsewhere")
def test_the_network_is_traced_once_for_all_sizes(detector: Any) -> None:
    traces = []
    call = detector.call

    def counted(images: Any, training: Any = None) -> Any:
        traces.append(images.shape)
        return call(images, training)

    detector.call = counted

    for height, width in ((64, 64), (64, 192), (128, 64)):
        detector.predict_boxes(picture_of(height, width)[0])

    assert len(traces) == 1


def test_weights_count_as_they_are_when_the_graph_runs(detector: Any) -> None:
    picture = picture_of(64, 64)
    detector.graphs.outputs(picture)

    for head in detector.heads:
        head.kernel.assign(0 * head.kernel)
        head.bias.assign(0 * head.bias)

    np.testing.assert_array_equal(detector.graphs.outputs(picture)["scores"], 0)
