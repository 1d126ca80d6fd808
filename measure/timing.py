"""Times of several calls that take turns, so that what else the machine does hits all of them."""

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from tqdm import trange

from tfface.rgb import Image

THRESHOLD = 0.3
"""Lowest score of a face in what is timed."""

Detect = Callable[[Image], object]
"""From an RGB picture to its boxes: what is timed."""

WARM_UP_ROUNDS = 10
"""Until caches are filled and threads are started."""


def take_turns(
    calls: Sequence[Callable[[], object]], rounds: int, warm_up: int
) -> NDArray[np.float64]:
    """Milliseconds `(calls, rounds)` of every call, after `warm_up` rounds that do not count."""
    times = np.zeros((len(calls), warm_up + rounds))
    for number in trange(warm_up + rounds, unit="round"):
        for index, call in enumerate(calls):
            start = time.perf_counter()
            call()
            times[index, number] = 1e3 * (time.perf_counter() - start)
    return times[:, warm_up:]
