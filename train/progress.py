"""What a run tells while it works: progress, time left, curves; and when it must stop."""

import math
import sys

import keras
from tqdm import tqdm

from train.tensorboard import EventLog


class Progress(keras.callbacks.Callback):
    """A bar over all steps of the run, with the mean losses of the epoch and the time left."""

    async_safe = True

    def __init__(self, first_step: int, steps: int):
        super().__init__()
        self.bar = tqdm(initial=first_step, total=steps, unit="step", file=sys.stderr, mininterval=2)

    def on_train_batch_end(self, batch, logs=None):
        self.bar.update()
        if self.bar.n % 20 == 0 and logs:
            self.bar.set_postfix({name: f"{float(logs[name]):.3f}" for name in logs}, refresh=False)

    def on_train_end(self, logs=None):
        self.bar.close()


class Curves(keras.callbacks.Callback):
    """Mean losses and the learning rate of every epoch, in TensorBoard."""

    def __init__(self, log: EventLog):
        super().__init__()
        self.log = log

    def on_epoch_end(self, epoch, logs=None):
        optimizer = self.model.optimizer
        values = {f"train/{name}": float(value) for name, value in (logs or {}).items()}
        values["train/learning_rate"] = float(optimizer.learning_rate)
        self.log.scalars(int(optimizer.iterations), values)


class StopWhenNotFinite(keras.callbacks.Callback):
    """Stops the run at the first loss that is not a finite number.

    Attributes:
        bad_step: the step of that loss, None while all is well. The mean over the epoch is finite
            as long as every loss is.
    """

    async_safe = True

    def __init__(self, first_step: int):
        super().__init__()
        self.step = first_step
        self.bad_step: int | None = None

    def on_train_batch_end(self, batch, logs=None):
        if self.bad_step is None and not math.isfinite(float(logs["loss"])):
            self.bad_step = self.step
            self.model.stop_training = True
        self.step += 1
