"""Keras' `fit` from any step on, also from one within an epoch."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np

from tfface.replicas import value_of
from train.steps import CountSteps


class ContinueMeans(keras.callbacks.Callback):
    """Goes on with the mean losses of an epoch that was broken off, which `fit` begins anew.

    Args:
        means: of `train.checkpoints.Checkpoints.means`.
    """

    def __init__(self, means: np.ndarray):
        super().__init__()
        self._means = means

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        for variable, value in zip(self.model.metrics_variables, self._means, strict=True):
            variable.assign(value)


def fit_from(
    first_step: int,
    model: keras.Model,
    batches: Callable[[int], Iterable[tuple]],
    steps: int,
    steps_per_epoch: int,
    callbacks: Sequence[keras.callbacks.Callback],
    means: np.ndarray | None = None,
) -> None:
    """Trains a compiled model from `first_step` to the end; epochs end where they always do.

    Args:
        first_step: steps that are done already.
        model: in the state after those.
        batches: a function that gives the batches from a step on.
        steps: of the whole run; a multiple of `steps_per_epoch`.
        steps_per_epoch: those between two calls of `on_epoch_end`.
        callbacks: see all steps but those that are done.
        means: of the losses in those steps of the first epoch that are done.
    """
    epoch, done = divmod(first_step, steps_per_epoch)
    callbacks = [CountSteps(first_step), *callbacks]
    options: dict[str, Any] = {"shuffle": False, "verbose": 0}
    if done:
        going_on = [] if means is None else [ContinueMeans(means)]
        own_weights = KeepWeights()
        model.fit(
            batches(first_step),
            initial_epoch=epoch,
            epochs=epoch + 1,
            steps_per_epoch=steps_per_epoch - done,
            callbacks=[*callbacks, *going_on, own_weights],
            **options,
        )
        own_weights.restore()
        epoch += 1
    if epoch * steps_per_epoch < steps:
        model.fit(
            batches(epoch * steps_per_epoch),
            initial_epoch=epoch,
            epochs=steps // steps_per_epoch,
            steps_per_epoch=steps_per_epoch,
            callbacks=callbacks,
            **options,
        )


class KeepWeights(keras.callbacks.Callback):
    """The weights at the end of an epoch: `fit` ends by putting their averages in their place."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.values = [value_of(v) for v in self.model.trainable_variables]

    def restore(self) -> None:
        for variable, value in zip(self.model.trainable_variables, self.values, strict=True):
            variable.assign(value)
