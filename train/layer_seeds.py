"""How far the random numbers of layers are, such as those of dropout: no weight to Keras."""

import h5py
import keras
import numpy as np

from tfface.replicas import value_of

_SEEDS = "seeds"


def layer_seeds(model: keras.Model) -> list[keras.Variable]:
    """The states of every `keras.random.SeedGenerator` of a model and its layers."""
    weights = {id(variable) for variable in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


def save_seeds(file: h5py.File, model: keras.Model) -> None:
    """Writes them into a state of a run."""
    file[_SEEDS] = np.array([value_of(seed) for seed in layer_seeds(model)], np.int64)


def restore_seeds(file: h5py.File, model: keras.Model) -> None:
    """Lets the layers draw on from where a state was saved.

    They begin anew where it is of an older release, which saved none, or where others draw now than
    then: a dropout may be new, which has no weights that would not fit.
    """
    saved, seeds = np.array(file.get(_SEEDS, [])), layer_seeds(model)
    if len(saved) == len(seeds):
        for seed, value in zip(seeds, saved, strict=True):
            seed.assign(value)
