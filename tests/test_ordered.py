"""tfface.ordered: several at a time, in order."""

import threading
from collections import Counter

import pytest

from tfface.ordered import in_order


@pytest.mark.parametrize("workers", [1, 2, 3, 9])
def test_results_keep_the_order_of_the_items(workers: int) -> None:
    squares = in_order(lambda worker, item: (worker, item**2), range(7), range(workers))

    assert [square for _, square in squares] == [0, 1, 4, 9, 16, 25, 36]


def test_so_many_are_under_way_as_there_are_workers_and_no_worker_has_two() -> None:
    both = threading.Barrier(2, timeout=10)  # of which neither gets through alone
    busy: Counter[str] = Counter()
    taken: list[int] = []

    def items():
        for item in range(6):
            taken.append(item)
            yield item

    def work(worker: str, item: int) -> int:
        busy[worker] += 1
        assert busy[worker] == 1
        both.wait()
        busy[worker] -= 1
        return item

    results = in_order(work, items(), ["a", "b"])
    assert next(results) == 0
    assert len(taken) <= 3  # nothing is begun of what comes later
    assert list(results) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_ends_it(workers: int) -> None:
    def work(worker: int, item: int) -> int:
        return 1 // (2 - item)

    results = in_order(work, range(100), range(workers))
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)
