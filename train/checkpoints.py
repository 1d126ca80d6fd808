"""Checkpoints: all that a run needs to go on as if it had never stopped."""

import re
from pathlib import Path
from typing import Any

import keras

from tfface.files import atomic_path

_NAME = re.compile(r"step-(\d+)\.weights\.h5")


class Checkpoints:
    """The newest states of a run, in a folder of its own.

    A state is the weights and the optimiser with its step. Data and random numbers follow from the
    step, so there is nothing else to keep.

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
        """Writes the state of a compiled model under the step of its optimiser."""
        step = int(model.optimizer.iterations)
        with atomic_path(self._path(step)) as temporary:
            model.save_weights(temporary)
        for old in self.steps()[: -self.keep]:
            self._path(old).unlink()

    def restore(self, model: keras.Model) -> int:
        """Loads the newest state into a compiled model.

        Returns:
            Its step, 0 when there is none; then the model stays as it is.

        Raises:
            ValueError: the state is damaged or of another network.
        """
        steps = self.steps()
        if not steps:
            return 0
        model.optimizer.build(model.trainable_variables)
        path = self._path(steps[-1])
        try:
            model.load_weights(path)
        except (ValueError, KeyError, OSError) as error:
            raise ValueError(
                f"The checkpoint {path} does not fit this run. Go on with the flags it was begun "
                f"with, or give a new run another --output. ({error})"
            ) from error
        return steps[-1]

    def _path(self, step: int) -> Path:
        return self.directory / f"step-{step:08d}.weights.h5"


class SaveCheckpoint(keras.callbacks.Callback):
    """Saves a state at the end of every epoch."""

    def __init__(self, checkpoints: Checkpoints):
        super().__init__()
        self.checkpoints = checkpoints

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.checkpoints.save(self.model)
