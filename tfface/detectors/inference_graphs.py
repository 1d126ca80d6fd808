"""A trained detector as graphs: run operation by operation it takes ten times as long."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np


class InferenceGraphs:
    """Both halves of what a detector does with a picture, each a graph from its first use on.

    Under TensorFlow one graph takes pictures of every size. Other backends would compile anew for
    every size, and run operation by operation instead.

    Args:
        detector: of `tfface.detectors`; what its weights become counts at every use.
    """

    def __init__(self, detector: Any) -> None:
        self._detector = detector
        self._in_graphs = keras.backend.backend() == "tensorflow"
        self._outputs: Any = None
        self._candidates: dict[int, Callable[..., tuple]] = {}

    def outputs(self, picture: np.ndarray) -> dict[str, Any]:
        """What the detector gives for a padded picture, float32 `(1, H, W, 3)`, in inference."""
        if not self._in_graphs:
            return self._detector(picture, training=False)
        if self._outputs is None:
            self._outputs = _graph_of(self._call, _tensor((1, None, None, 3), "float32"))
        return self._outputs(picture)

    def candidates(self, outputs: dict[str, Any], height: int, width: int, limit: int) -> tuple:
        """As `Detector.candidates`, of what `outputs` gave for a picture of that size."""
        if not self._in_graphs:
            return self._detector.candidates(outputs, height, width, limit)
        if limit not in self._candidates:

            def of_limit(outputs, height, width):
                return self._detector.candidates(outputs, height, width, limit)

            given = self._outputs.get_concrete_function().structured_outputs
            specs = {name: _tensor(value.shape, value.dtype) for name, value in given.items()}
            side = _tensor((), "int32")
            self._candidates[limit] = _graph_of(of_limit, specs, side, side)
        return self._candidates[limit](outputs, height, width)

    def _call(self, picture):
        return self._detector(picture, training=False)


def _tensor(shape: Any, dtype: Any) -> Any:
    import tensorflow as tf

    return tf.TensorSpec(shape, dtype)


def _graph_of(function: Callable, *signature: Any) -> Any:
    """`function` as a graph; it has no statements that AutoGraph would have to rewrite."""
    import tensorflow as tf

    return tf.function(function, input_signature=signature, autograph=False)
