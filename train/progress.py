"""What a run tells while it works: progress, time left, curves; and when it must stop."""

import math
import sys
from typing import Any

import keras
from tqdm import tqdm

from tfface.replicas import value_of
from train.steps import steps_done
from train.tensorboard import EventLog


class Progress(keras.callbacks.Callback):
    """A bar over all steps of the run, with the mean losses of the epoch and the time left.

    It stays until it is closed: a run may call `fit` more than once.
    """

    async_safe = True

    def __init__(self, first_step: int, steps: int):
        super().__init__()
        self.bar = tqdm(
            initial=first_step, total=steps, unit="step", file=sys.stderr, mininterval=2
        )

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.bar.update()
        if self.bar.n % 20 == 0 and logs:
            self.bar.set_postfix({name: f"{float(logs[name]):.3f}" for name in logs}, refresh=False)

    def close(self) -> None:
        """Ends the line of the bar."""
        self.bar.close()


class Curves(keras.callbacks.Callback):
    """Mean losses of every epoch and the learning rate it ends with, in TensorBoard.

    A point lies at the number of steps done.
    """

    def __init__(self, log: EventLog):
        super().__init__()
        self.log = log

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        optimizer = self.model.optimizer
        values = {f"train/{name}": float(value) for name, value in (logs or {}).items()}
        values["train/learning_rate"] = float(value_of(optimizer.learning_rate))
        self.log.scalars(steps_done(self.model), values)


class NotFiniteLoss(ArithmeticError):
    """A loss, or its gradient, is infinite or no number.

    Attributes:
        step: the first step with such a loss, counted from 0.
    """

    def __init__(self, step: int):
        super().__init__(f"The loss of step {step}, or its gradient, is not finite.")
        self.step = step


class StopWhenNotFinite(keras.callbacks.Callback):
    """Stops the run at the first loss that is not a finite number.

    The mean over the epoch, which Keras reports after every step, is finite as long as every loss
    is. Keras calls this from several threads, in no certain order. So the epoch is broken off at
    once, and the error raised when it has ended; callbacks that save the model come after this one.

    Raises:
        NotFiniteLoss: at the end of the epoch, from `fit`.
    """

    async_safe = True

    def __init__(self) -> None:
        super().__init__()
        self._epoch_start = 0
        self._bad_steps: list[int] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch_start = steps_done(self.model)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if not math.isfinite(float(logs["loss"])):
            self._bad_steps.append(self._epoch_start + batch)
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self._bad_steps:
            raise NotFiniteLoss(min(self._bad_steps))
