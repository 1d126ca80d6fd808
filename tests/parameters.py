"""How many numbers a model is trained for."""

from keras import Model


def total_parameters(model: Model) -> int:
    """The trained values of a model, without the statistics of batch normalisation."""
    return sum(variable.numpy().size for variable in model.trainable_variables)
