"""Functions that JAX compiles as a whole."""

from collections.abc import Callable
from typing import Any

import keras


def whole(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, compiled where JAX would compile each of its operations alone; else as it is."""
    if keras.backend.backend() != "jax":
        return function
    import jax

    return jax.jit(function)
