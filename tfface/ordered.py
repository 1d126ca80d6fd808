"""Work on several items at a time whose results keep the order of the items."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

Worker = TypeVar("Worker")
Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    work: Callable[[Worker, Item], Result], items: Iterable[Item], workers: Sequence[Worker]
) -> Iterator[Result]:
    """`work(worker, item)` of every item, in the order of the items.

    As many are under way as there are workers, each in a thread of its own, so that no worker has
    two; of what comes after, nothing has begun. With one worker there is no thread.

    Args:
        work: of which the first error ends it all.
        items: taken one by one.
        workers: such as detectors, one or more.
    """
    if len(workers) == 1:
        yield from (work(workers[0], item) for item in items)
        return
    free: SimpleQueue[Worker] = SimpleQueue()
    for worker in workers:
        free.put(worker)

    def run(item: Item) -> Result:
        worker = free.get()
        try:
            return work(worker, item)
        finally:
            free.put(worker)

    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(len(workers), "tfface-ordered") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(run, item))
                if len(waiting) == len(workers):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
