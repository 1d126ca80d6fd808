"""Replicas of a model that train together, each on its part of every batch.

Under TensorFlow a step runs once a replica (`tf.distribute`), and what belongs to the whole batch
has to be summed over them: these functions do that, and nothing where there is one replica. Under
JAX (`keras.distribution`) an array is that of all devices already, so that they do nothing at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops


@dataclass(frozen=True)
class Part:
    """What one process makes of every batch: equal parts, one a process, in pieces for its devices.

    Attributes:
        index: of the process, from 0.
        count: of processes.
        pieces: batches that it makes of its part, one for each of its replicas.
    """

    index: int = 0
    count: int = 1
    pieces: int = 1

    def size(self, batch_size: int) -> int:
        """Pictures of its part of a batch.

        Raises:
            ValueError: the batch cannot be divided evenly.
        """
        replicas = self.count * self.pieces
        if batch_size % replicas:
            raise ValueError(
                f"expected a batch size that {replicas} replicas can share, such as "
                f"{max(batch_size // replicas, 1) * replicas}, got {batch_size}"
            )
        return batch_size // self.count


WHOLE = Part()
"""All of every batch, as one process with one device makes it."""


def replica_count() -> int:
    """How many replicas run the step that is being traced; 1 outside of one, and under JAX."""
    if keras.backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    in_step = tf.distribute.get_replica_context() is not None
    return tf.distribute.get_strategy().num_replicas_in_sync if in_step else 1


def sum_over_replicas(values: Any) -> Any:
    """Tensors, one or a list, each summed over all replicas."""
    if replica_count() == 1:
        return values
    import tensorflow as tf

    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, values)


def sum_gradients(gradients: Sequence[Any]) -> list[Any]:
    """Gradients of a replica's share of the loss, as those of the loss; None stays None."""
    if replica_count() == 1:
        return list(gradients)
    summed = iter(sum_over_replicas([each for each in gradients if each is not None]))
    return [None if each is None else next(summed) for each in gradients]


def share_of_batch(total: Any, count: Any) -> Any:
    """A replica's share of a mean over the batch: its sum by the count of all replicas, 1 or more.

    A loss that is made of shares has the same sum over the replicas, however many they are.

    Args:
        total: the sum over what the replica has, a scalar.
        count: how much counts of what it has, a float32 scalar.
    """
    return total / ops.maximum(sum_over_replicas(count), 1.0)


def value_of(variable: Any) -> np.ndarray:
    """A copy of the value of a variable or tensor, also of one that every replica has."""
    return ops.convert_to_numpy(ops.convert_to_tensor(variable)).copy()
