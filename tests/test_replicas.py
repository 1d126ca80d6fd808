"""What several replicas of a model have in common, and what each makes of a batch."""

import pytest
from keras import ops

from tfface.replicas import WHOLE, Part, replica_count, share_of_batch, sum_over_replicas


def test_two_processes_of_two_devices_take_halves_of_a_batch() -> None:
    # 12 pictures, 6 a process, in two pieces of 3.
    assert Part(index=1, count=2, pieces=2).size(12) == 6
    assert WHOLE.size(7) == 7


def test_a_batch_that_cannot_be_divided_is_refused() -> None:
    # 4 replicas: 2 pictures each are 8.
    with pytest.raises(ValueError, match="4 replicas can share, such as 8, got 10"):
        Part(count=2, pieces=2).size(10)


def test_without_replicas_nothing_is_summed() -> None:
    assert replica_count() == 1
    assert sum_over_replicas(3.0) == 3.0


def test_a_share_is_a_mean_of_at_least_one() -> None:
    assert float(share_of_batch(ops.convert_to_tensor(6.0), ops.convert_to_tensor(4.0))) == 1.5
    assert float(share_of_batch(ops.convert_to_tensor(6.0), ops.convert_to_tensor(0.0))) == 6.0
