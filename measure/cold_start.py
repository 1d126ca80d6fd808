"""What the first detection of a fresh process costs: milliseconds and memory."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from measure.child import answer, ask
from measure.contestants import Contestant
from tfface.rgb import Image

_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class ColdStart:
    """Of one process, or medians of several.

    Attributes:
        milliseconds: to load the detector and find the faces in one picture, once Python runs and
            everything is imported. The file may be in the memory of the system already.
        idle_megabytes: the most memory of the process before: Python, the same modules, the
            picture. Millions of bytes.
        peak_megabytes: the most memory of the process afterwards.
    """

    milliseconds: float
    idle_megabytes: float
    peak_megabytes: float


def cold_starts(
    contestants: Sequence[Contestant], threads: int, image: Image, rounds: int
) -> list[ColdStart]:
    """The cold start of every contestant: medians of `rounds` processes each, which take turns.

    Args:
        contestants: what to load.
        threads: processor threads that each may use.
        image: RGB uint8 `(H, W, 3)`.
        rounds: processes a contestant.

    Raises:
        tfface.predict.runtime.ModelError: a file cannot be loaded, or ended the process.
    """
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "picture.npy"
        np.save(picture, image)
        measured: list[list[list[float]]] = [[] for _ in contestants]
        for _ in tqdm(range(rounds), desc="cold start", unit="round"):
            for contestant, values in zip(contestants, measured, strict=True):
                request = {
                    "contestant": asdict(contestant),
                    "threads": threads,
                    "picture": str(picture),
                }
                reply = ask("measure.cold_start", contestant.model, request)
                values.append([reply[name] for name in ColdStart.__dataclass_fields__])
    return [ColdStart(*np.median(values, axis=0).tolist()) for values in measured]


def peak_megabytes() -> float:
    """The most memory this process had at once so far, in millions of bytes."""
    if _STATUS.exists():
        # Not getrusage, which on Linux begins with what the parent had when it forked.
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # bytes on macOS


def _start_cold(request: dict[str, Any]) -> dict[str, Any]:
    contestant = Contestant(**request["contestant"])
    image = np.load(request["picture"])
    contestant.import_runtime()
    idle = peak_megabytes()
    start = time.perf_counter()
    contestant.load(request["threads"], image.shape[:2])(image)
    milliseconds = 1e3 * (time.perf_counter() - start)
    return asdict(ColdStart(milliseconds, idle, peak_megabytes()))


if __name__ == "__main__":
    answer(_start_cold)
