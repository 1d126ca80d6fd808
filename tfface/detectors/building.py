"""What a detector may ask for before memory is spent on it: the size of a network has limits."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from tfface.detectors.options import Option

MAX_PARAMETERS = 1 << 28
"""Of a network: a gigabyte. FBI-4, the largest of kd_fbi, has 6 million, RefineFace 80 million."""

_MAX_WHOLE = 2048
"""Of channels, blocks and other counts: as many as the widest layer of a ResNet."""

_MAX_FLOAT = 1e6

_MAX_ELEMENTS = 64
"""Of lists of levels, scales and channels."""


def check_options(options: Sequence[Option], values: Mapping[str, Any]) -> None:
    """Refuses numbers that no detector has, wherever a configuration comes from.

    Args:
        options: of the detector's constructor.
        values: what is asked for, by name.

    Raises:
        ValueError: a number that is not finite or too large, or a list that is too long.
    """
    for option in options:
        value = values.get(option.name)
        elements = list(value) if isinstance(value, list | tuple) else [value]
        if len(elements) > _MAX_ELEMENTS:
            raise ValueError(
                f"expected at most {_MAX_ELEMENTS} elements of {option.name}, got {len(elements)}"
            )
        for element in elements:
            if isinstance(element, int) and abs(element) > _MAX_WHOLE:
                raise ValueError(
                    f"expected {option.name} of at most {_MAX_WHOLE}, got {element:.6g}"
                )
            if isinstance(element, float) and not abs(element) <= _MAX_FLOAT:
                raise ValueError(
                    f"expected {option.name} as a number of at most {_MAX_FLOAT:g}, got {element}"
                )


def build_within_limits(model: keras.Model, image: Any) -> None:
    """Creates all weights of a model, if they are at most `MAX_PARAMETERS`, for `image`s.

    Keras tells their shapes before it makes them where their state is kept elsewhere.

    Raises:
        ValueError: they are more; none was made.
    """
    with keras.StatelessScope(initialize_variables=False):
        try:
            # A call of the image would trace the network twice.
            with keras.name_scope(model.name, caller=model):
                _TrainingCall(model).compute_output_spec(image)
            model.build(image.shape)
            count = sum(math.prod(variable.shape) for variable in model.variables)
            if count > MAX_PARAMETERS:
                raise ValueError(
                    f"expected a network of at most {MAX_PARAMETERS} parameters, got one of {count}"
                    "; take a smaller width"
                )
        except Exception:
            _forget_variables()
            raise
    with keras.StatelessScope():
        pass  # its end gives them their first values


class _TrainingCall(keras.Operation):
    """A call of a model in training, for the shapes of its variables."""

    def __init__(self, model: keras.Model):
        super().__init__()
        self.model = model

    def call(self, image):
        with _ZerosForUnmade(initialize_variables=False):
            return self.model.call(image, training=True)


class _ZerosForUnmade(keras.StatelessScope):
    """Variables that are not made yet are zeros here.

    Keras would draw first values anew wherever one is read, which takes as long as all else.
    """

    def get_current_value(self, variable):
        value = super().get_current_value(variable)
        if value is None and variable._value is None:
            return ops.zeros(variable.shape, variable.dtype)
        return value


def _forget_variables() -> None:
    """Has Keras not make, with the next model, what this one is refused for."""
    from keras.src.backend.common import global_state

    global_state.set_global_attribute("uninitialized_variables", [])
