"""The moving average of the weights, which is better than the weights of any one step."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras
from keras import ops

from tfface.replicas import value_of


@contextmanager
def averaged_weights(model: keras.Model) -> Iterator[None]:
    """Within the block a model in training has the averages that its optimiser keeps.

    After it the model has its own weights again, to the last bit. Without `use_ema` of the
    optimiser nothing changes.
    """
    variables = model.trainable_variables
    own = [value_of(variable) for variable in variables]
    model.optimizer.finalize_variable_values(variables)
    for variable in variables:  # not the very arrays of the averages, which JAX would use up
        variable.assign(ops.copy(variable))
    try:
        yield
    finally:
        for variable, value in zip(variables, own, strict=True):
            variable.assign(value)


def slow_statistics(model: keras.Model, momentum: float) -> None:
    """Makes the statistics of batch normalisation move no faster than averages of `momentum`.

    Statistics of the weights of the last steps do not fit averages over many more: a detector that
    still learns fast finds nothing with them.
    """
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = max(layer.momentum, momentum)
