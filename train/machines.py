"""The devices and processes that a run computes on, by tf.distribute or keras.distribution."""

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from tfface.replicas import WHOLE, Part

LOST_WORKER = 75
"""Exit status of a worker that lost another: of sysexits.h, try again."""


class LostWorker(RuntimeError):
    """Another process of the run is gone, or cannot be reached."""


Batches = Callable[..., Iterable[tuple]]
"""Makes the batches from a step on, `make(step)`, or a part of them, `make(step, part)`."""


@dataclass(frozen=True)
class Machines:
    """Where a run computes.

    Attributes:
        part: what this process makes of every batch.
        strategy: of TensorFlow; None under JAX, and for one device.
    """

    part: Part = WHOLE
    strategy: Any = None

    @property
    def is_chief(self) -> bool:
        """Whether this process writes the files of the run."""
        return self.part.index == 0

    def scope(self) -> contextlib.AbstractContextManager:
        """Within it the model, its optimiser and all that they keep has to be made."""
        return self.strategy.scope() if self.strategy else contextlib.nullcontext()

    @contextlib.contextmanager
    def folder(self, output: Path) -> Iterator[Path]:
        """Where this process writes: `output`, or a folder that nobody keeps.

        All processes do the same, so that they meet wherever one needs the others.
        """
        if self.is_chief:
            yield output
            return
        with tempfile.TemporaryDirectory(prefix="tfface-worker-") as temporary:
            yield Path(temporary)

    def batches(self, make: Batches, step: int) -> Iterable[tuple]:
        """The batches from a step on, as `fit` takes them."""
        if not self.strategy:
            return make(step, self.part)
        return self.strategy.distribute_datasets_from_function(lambda _: make(step, self.part))

    @contextlib.contextmanager
    def without_losses(self) -> Iterator[None]:
        """A block that raises LostWorker where TensorFlow says that another process is gone."""
        if not self.strategy or self.part.count == 1:
            yield
            return
        import tensorflow as tf

        gone = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.InternalError)
        try:
            yield
        except (*gone, tf.errors.CancelledError, tf.errors.DeadlineExceededError) as error:
            raise LostWorker(f"Lost a worker: {error.message.splitlines()[0]}") from error

    def check_same_step(self, step: int) -> None:
        """Holds the step that this process goes on from against that of the others.

        Raises:
            ValueError: they differ.
        """
        if self.part.count > 1 and self._sum(step) != step * self.part.count:
            raise ValueError(
                f"expected every worker to go on from the same step, but worker {self.part.index} "
                f"found step {step} and others another. --output must be a folder that all "
                "machines share; start all workers again"
            )

    def _sum(self, number: int) -> int:
        """The sum of a number of every process."""
        if not self.strategy:
            from jax.experimental import multihost_utils

            return int(multihost_utils.process_allgather(number).sum())
        import tensorflow as tf

        def summed() -> Any:
            context = tf.distribute.get_replica_context()
            # Of all replicas of a process the first one speaks.
            speaks = context.replica_id_in_sync_group % self.part.pieces == 0
            value = tf.where(speaks, tf.constant(number, tf.int64), 0)
            return context.all_reduce(tf.distribute.ReduceOp.SUM, value)

        result = self.strategy.run(tf.function(summed, autograph=False))
        return int(self.strategy.experimental_local_results(result)[0])


def find_machines(strategy: str, workers: Sequence[str] = (), worker: int = 0) -> Machines:
    """Joins the devices and processes that the flags of those names say; before all else.

    Raises:
        ValueError: the processes of the run are not said, or said wrongly.
    """
    if strategy == "one_device":
        return Machines()
    if keras.backend.backend() == "jax":
        return _join_jax(strategy, workers, worker)
    import tensorflow as tf

    if strategy == "mirrored":
        mirrored = tf.distribute.MirroredStrategy()
        return Machines(Part(0, 1, mirrored.num_replicas_in_sync), mirrored)
    if workers:
        cluster = {"worker": list(workers)}
        os.environ["TF_CONFIG"] = json.dumps(
            {"cluster": cluster, "task": {"type": "worker", "index": worker}}
        )
    _check_environment("TF_CONFIG")
    joined = tf.distribute.MultiWorkerMirroredStrategy()
    task, cluster = joined.cluster_resolver.task_id, joined.cluster_resolver.cluster_spec()
    count = cluster.num_tasks("worker")
    return Machines(Part(task, count, joined.num_replicas_in_sync // count), joined)


def _join_jax(strategy: str, workers: Sequence[str], worker: int) -> Machines:
    if strategy == "multi_worker":
        if not workers:
            _check_environment("KERAS_DISTRIBUTION_JOB_ADDRESSES")
            keras.distribution.initialize()
        else:
            keras.distribution.initialize(",".join(workers), len(workers), worker)
    keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))
    import jax

    return Machines(Part(jax.process_index(), jax.process_count()))


def _check_environment(name: str) -> None:
    if not os.environ.get(name):
        raise ValueError(
            f"expected the processes of the run, got none: give --workers=HOST:PORT,HOST:PORT and "
            f"--worker, or set {name}"
        )
