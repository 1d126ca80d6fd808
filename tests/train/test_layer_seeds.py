"""train.layer_seeds: layers that draw random numbers go on in a run that goes on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from train.checkpoints import Checkpoints
from train.layer_seeds import layer_seeds


class OwnNoise(keras.layers.Layer):
    """A layer of somebody's own that draws."""

    def __init__(self) -> None:
        super().__init__()
        self.generator = keras.random.SeedGenerator()

    def call(self, inputs: Any) -> Any:
        return inputs + keras.random.normal(keras.ops.shape(inputs), seed=self.generator)


LAYERS: dict[str, Callable[[], keras.layers.Layer]] = {
    "dropout": lambda: keras.layers.Dropout(0.5),
    "noise": lambda: keras.layers.GaussianNoise(1.0),
    "a layer of one's own": OwnNoise,
    "one within another": lambda: keras.Sequential([keras.layers.Dropout(0.5)]),
}


def network(*middle: keras.layers.Layer) -> keras.Model:
    layers = [keras.layers.Dense(20), *middle, keras.layers.Dense(3)]
    model = keras.Sequential([keras.Input((2,)), *layers])
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), loss="mse")
    return model


def train(model: keras.Model, steps: int) -> None:
    for _ in range(steps):
        model.train_on_batch(np.ones((4, 2), np.float32), np.ones((4, 3), np.float32))


def assert_same_weights(model: keras.Model, expected: keras.Model) -> None:
    for weight, other in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)


@pytest.mark.parametrize("kind", LAYERS)
def test_layers_draw_on_from_where_they_were(tmp_path: Path, kind: str) -> None:
    # Every layer, and every network, has a seed of its own.
    model, other = (network(LAYERS[kind](), LAYERS[kind]()) for _ in range(2))
    assert len(layer_seeds(model)) == 2
    train(model, 4)
    Checkpoints(tmp_path).save(model)

    Checkpoints(tmp_path).restore(other)

    for each in (model, other):
        train(each, 3)
    assert_same_weights(other, model)


def test_a_network_that_draws_nothing_has_no_seeds() -> None:
    model = network(keras.layers.BatchNormalization())
    train(model, 1)  # its optimiser and metrics have variables then
    assert layer_seeds(model) == []


def test_in_a_state_of_an_older_release_there_are_none(tmp_path: Path) -> None:
    model, other = (network(keras.layers.Dropout(0.5)) for _ in range(2))
    train(model, 4)
    model.save_weights(tmp_path / "step-00000004.weights.h5")

    assert Checkpoints(tmp_path).restore(other) == 4

    assert_same_weights(other, model)


def test_a_layer_that_draws_may_be_new(tmp_path: Path) -> None:
    model, other = network(), network(keras.layers.Dropout(0.5))
    train(model, 4)
    Checkpoints(tmp_path).save(model)

    assert Checkpoints(tmp_path).restore(other) == 4

    assert_same_weights(other, model)
