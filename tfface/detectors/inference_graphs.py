"""A trained detector as graphs: run operation by operation it takes ten times as long."""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np

Compiled = Callable[..., Any]


class InferenceGraphs:
    """Both halves of what a detector does with a picture, each a graph from its first use on.

    Under TensorFlow one graph takes pictures of every size; JAX compiles one for every size.

    Args:
        detector: of `tfface.detectors`; what its weights become counts at every use.
    """

    def __init__(self, detector: Any) -> None:
        self._detector = detector
        self._by_jax = keras.backend.backend() == "jax"
        self._outputs: Any = None
        self._candidates: dict[int, Compiled] = {}

    def outputs(self, picture: np.ndarray) -> dict[str, Any]:
        """What the detector gives for a padded picture, float32 `(1, H, W, 3)`, in inference."""
        if self._outputs is None:
            self._outputs = self._compiled_call()
        return self._outputs(picture)

    def candidates(self, outputs: dict[str, Any], height: int, width: int, limit: int) -> tuple:
        """As `Detector.candidates`, of what `outputs` gave for a picture of that size."""
        if limit not in self._candidates:
            self._candidates[limit] = self._compiled_candidates(limit)
        return self._candidates[limit](outputs, height, width)

    def _compiled_call(self) -> Compiled:
        def call(picture: Any) -> dict[str, Any]:
            return self._detector(picture, training=False)

        if self._by_jax:
            return _jitted(self._detector, call)
        return _graph(call, _tensor((1, None, None, 3), "float32"))

    def _compiled_candidates(self, limit: int) -> Compiled:
        def find(outputs: Any, height: Any, width: Any) -> tuple:
            return self._detector.candidates(outputs, height, width, limit)

        if self._by_jax:
            return _jitted(self._detector, find)
        given = self._outputs.get_concrete_function().structured_outputs
        specs = {name: _tensor(value.shape, value.dtype) for name, value in given.items()}
        side = _tensor((), "int32")
        return _graph(find, specs, side, side)


def _tensor(shape: Any, dtype: Any) -> Any:
    import tensorflow as tf

    return tf.TensorSpec(shape, dtype)


def _graph(function: Compiled, *signature: Any) -> Compiled:
    """A graph of TensorFlow of a function without statements that AutoGraph would rewrite."""
    import tensorflow as tf

    return tf.function(function, input_signature=signature, autograph=False)


def _jitted(detector: Any, function: Compiled) -> Compiled:
    """A function of arrays and of sides, compiled by JAX anew for every size.

    It gets the weights whenever it is called.
    """
    import jax

    variables = detector.variables

    @partial(jax.jit, static_argnames="sides")
    def pure(values: list, arrays: Any, sides: tuple[int, ...]) -> Any:
        with keras.StatelessScope(state_mapping=zip(variables, values, strict=True)):
            return function(arrays, *sides)

    return lambda arrays, *sides: pure([variable.value for variable in variables], arrays, sides)
