"""How many steps of a run are done: a batch is one, whatever the optimiser makes of it."""

from typing import Any

import keras

from tfface.detectors.train_step import batch_counter
from tfface.replicas import value_of


class CountSteps(keras.callbacks.Callback):
    """Counts the steps of a run in `steps_done` of its model; before all other callbacks.

    The optimiser's own count stays behind: it leaves out a step whose gradient float16 cannot hold,
    and takes several as one where gradients accumulate. Data and epochs go on with the batches.

    Args:
        first_step: steps that are done already.
    """

    def __init__(self, first_step: int):
        super().__init__()
        self._done = self._epoch_start = first_step

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch_start = self.model.steps_done = self._done

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.model.steps_done = self._epoch_start + batch
        self._done = self.model.steps_done + 1  # when this one has ended

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.model.steps_done = self._done


def steps_done(model: keras.Model) -> int:
    """Steps that a compiled model has done: those of its run, else those of its optimiser."""
    counted = getattr(model, "steps_done", None)
    return batches_seen(model.optimizer) if counted is None else counted


def batches_seen(optimizer: keras.optimizers.Optimizer) -> int:
    """Batches of which an optimiser has taken gradients, without those that it skipped."""
    return int(value_of(batch_counter(optimizer)))
