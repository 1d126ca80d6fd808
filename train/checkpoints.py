"""Checkpoints: all that a run needs to go on as if it had never stopped."""

import math
import re
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from absl import logging

from tfface.files import atomic_path, reserve
from tfface.replicas import value_of
from train.interruption import Interruption
from train.layer_seeds import restore_seeds, save_seeds
from train.progress import NotFiniteLoss
from train.seal import is_damaged, seal
from train.steps import batches_seen, steps_done

SECONDS_BETWEEN = 60.0
"""Within an epoch a state is saved so often, or less: saving takes 2 % of the time at most."""

_LEAST_RATIO = 50
"""Time between two states of an epoch, over the time that saving one took."""

_OVERHEAD = 2048
"""Bytes that HDF5 takes for a variable and its group, about."""

_MEANS, _LAYOUT = "means", "optimizer"
"""What stands beside the weights in a state: sums and counts of the losses of the epoch so far."""

_NAME = re.compile(r"step-(\d+)\.weights\.h5")


class Checkpoints:
    """The newest states of a run, in a folder of its own.

    A state is the weights, the optimiser, the seeds of layers that draw random numbers, the number
    of steps, in its name, and the mean losses of an epoch that has not ended. The data and what is
    random about them follow from the step, so there is nothing else to keep.

    Args:
        directory: `RUN/checkpoints`.
        keep: older states than the last `keep` are deleted.
    """

    def __init__(self, directory: Path, keep: int = 2):
        self.directory = Path(directory)
        self.keep = keep

    def steps(self) -> list[int]:
        """Steps of the states there are, rising."""
        matches = (_NAME.fullmatch(path.name) for path in self.directory.glob("step-*"))
        return sorted(int(match.group(1)) for match in matches if match)

    def save(self, model: keras.Model) -> None:
        """Writes the state of a compiled model under the number of its steps."""
        with atomic_path(self._path(steps_done(model))) as temporary:
            reserve(temporary, size_of_state(model))
            model.save_weights(temporary)
            with h5py.File(temporary, "a") as file:
                file[_MEANS] = _values(model.metrics_variables)
                file.attrs[_LAYOUT] = _layout(model.optimizer)
                save_seeds(file, model)
            seal(temporary)
        for old in self.steps()[: -self.keep]:
            self._path(old).unlink()

    def restore(self, model: keras.Model) -> int:
        """Loads the newest whole state into a compiled model, but for the means.

        A damaged one is set aside, as `NAME.damaged`, and the next older one is taken; the logger
        says so.

        Returns:
            Its step, 0 when there is none; then the model stays as it is.

        Raises:
            ValueError: the state is of another network, or all are damaged.
        """
        steps = self.steps()
        if steps:
            model.optimizer.build(model.trainable_variables)
        for step in reversed(steps):
            path = self._path(step)
            if not self._is_whole(path):
                continue
            try:
                self._check_layout(path, model)
                with warnings.catch_warnings():  # of an optimiser that Keras leaves as it is
                    warnings.filterwarnings("error", message="Skipping variable loading")
                    model.load_weights(path)
                with h5py.File(path, "r") as file:
                    restore_seeds(file, model)
            except (ValueError, KeyError, OSError, UserWarning) as error:
                raise ValueError(
                    f"The checkpoint {path} does not fit this run. Go on with the flags it was "
                    f"begun with, or give a new run another --output. ({error})"
                ) from error
            # Older releases counted several steps as one where gradients accumulate.
            return max(step, batches_seen(model.optimizer))
        if steps:
            raise ValueError(
                f"All checkpoints in {self.directory} are damaged, and set aside. The same command "
                "begins anew."
            )
        return 0

    def _check_layout(self, path: Path, model: keras.Model) -> None:
        """Raises ValueError where the optimiser's variables stand for others than those saved."""
        with h5py.File(path, "r") as file:
            saved, now = file.attrs.get(_LAYOUT), _layout(model.optimizer)
        if saved is not None and saved != now:  # older releases did not say
            raise ValueError(f"its optimiser is {saved}, that of this run {now}")

    def _is_whole(self, path: Path) -> bool:
        """Whether a state can be used; otherwise it is set aside."""
        if not is_damaged(path) and h5py.is_hdf5(path):
            return True
        aside = path.with_name(f"{path.name}.damaged")
        path.rename(aside)
        logging.warning("%s is damaged; it is now %s. Going on from the one before.", path, aside)
        return False

    def newest(self) -> Path | None:
        """The file of the newest state, if there is one."""
        steps = self.steps()
        return self._path(steps[-1]) if steps else None

    def means(self, steps: int) -> np.ndarray | None:
        """Sum and count of every loss, in turn, over the last steps before the newest state.

        None where they are not of so many steps: epochs had another length then, or the state is
        of an older release.
        """
        with h5py.File(self.newest(), "r") as file:
            means = np.array(file.get(_MEANS, []))
        # Replicas count their parts of a step, whose sum is rounded.
        return means if len(means) and np.allclose(means[1::2], steps, rtol=1e-4) else None

    def _path(self, step: int) -> Path:
        return self.directory / f"step-{step:08d}.weights.h5"


def _layout(optimizer: keras.optimizers.Optimizer) -> str:
    """What decides which variables an optimiser has: Keras takes them in their order alone."""
    own = getattr(optimizer, "inner_optimizer", optimizer)
    scaled = "" if own is optimizer else " with a scale of the loss"
    averages = ", averages" if own.use_ema else ""
    accumulation = ", gradients of several steps" if own.gradient_accumulation_steps else ""
    return f"{type(own).__name__}{scaled}{averages}{accumulation}"


def size_of_state(model: keras.Model) -> int:
    """About how many bytes a state takes, a little more than it does."""
    variables = {id(variable): variable for variable in model.variables}
    variables |= {id(variable): variable for variable in model.optimizer.variables}
    return 2 * _OVERHEAD * len(variables) + sum(
        math.prod(variable.shape) * 4 for variable in variables.values()
    )


def _values(variables: list[keras.Variable]) -> np.ndarray:
    """Scalar variables as one array, exactly."""
    return np.array([value_of(variable) for variable in variables], np.float32)


class SaveCheckpoint(keras.callbacks.Callback):
    """Saves a state at the end of every epoch, every minute, and when the run is told to stop.

    Within an epoch that happens before a step, on the thread that trains: Keras tells of the end of
    a step on other threads, some time later. A state with a loss that is not finite is not saved.

    Args:
        checkpoints: where the states go.
        interruption: asked before every step and at the end of every epoch.
        within_epochs: whether states are saved within epochs too. Processes that train together do
            not, because saving takes all of them at the same step.
        clock: seconds.

    Raises:
        train.interruption.Interrupted: when the run was told to stop, and its state is saved.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        interruption: Interruption,
        clock: Callable[[], float] = time.monotonic,
        within_epochs: bool = True,
    ):
        super().__init__()
        self.checkpoints = checkpoints
        self.interruption = interruption
        self.within_epochs = within_epochs
        self._clock = clock
        self._due = clock() + SECONDS_BETWEEN

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        # Before the first step of an epoch there is nothing new.
        possible = batch and self.within_epochs
        wanted = possible and (self.interruption.requested or self._clock() >= self._due)
        if wanted and self._is_finite():
            self._save()
        self.interruption.check()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if not self._is_finite():
            raise NotFiniteLoss(steps_done(self.model) - 1)
        self._save()
        self.interruption.check()

    def _is_finite(self) -> bool:
        """Whether every loss of the epoch is finite, whose mean then is, and all weights are.

        A gradient that is not finite spoils them after a loss that is.
        """
        losses = [self.model.get_metrics_result()["loss"]]
        values = (keras.ops.convert_to_numpy(v) for v in self.model.trainable_variables)
        return all(np.isfinite(each).all() for each in (*losses, *values))

    def _save(self) -> None:
        start = self._clock()
        self.checkpoints.save(self.model)
        end = self._clock()
        self._due = end + max(SECONDS_BETWEEN, _LEAST_RATIO * (end - start))
