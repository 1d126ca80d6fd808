"""Requests a second and milliseconds a request of a detection server.

    python -m benchmarks.serving --pictures DIR --requests 1000 --clients 4

Every client sends one picture after another and waits for the answer. Any answer that is not JSON
with boxes and scores counts as an error and ends with exit status 1.
"""

import json
import sys
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tfface.command_line import CommandParser
from tfface.predict.packages import optional_packages

with optional_packages("evaluate", __name__):
    import numpy as np
    from tqdm import tqdm

    from tfface.picture_files import find_pictures

TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """What came back for one picture: seconds, faces, and what was wrong, if anything."""

    seconds: float
    faces: int = 0
    error: str | None = None


def ask(url: str, content: bytes) -> Answer:
    """Sends the bytes of a picture file by POST."""
    started = time.perf_counter()
    try:
        with urllib.request.urlopen(url, content, TIMEOUT_SECONDS) as response:
            faces = json.load(response)
        if len(faces["boxes"]) != len(faces["scores"]):
            raise ValueError(f"got {len(faces['boxes'])} boxes and {len(faces['scores'])} scores")
    except (OSError, ValueError, LookupError, TypeError) as error:
        return Answer(time.perf_counter() - started, error=f"{type(error).__name__}: {error}")
    return Answer(time.perf_counter() - started, len(faces["boxes"]))


def load(url: str, contents: Sequence[bytes], requests: int, clients: int) -> list[Answer]:
    """Sends so many requests, the pictures in turn, from so many clients at once."""
    turns = (contents[index % len(contents)] for index in range(requests))
    with ThreadPoolExecutor(clients) as pool:
        return list(tqdm(pool.map(lambda content: ask(url, content), turns), total=requests))


def main() -> int:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", default="http://localhost:8000/")
    parser.add_argument("--pictures", type=Path, required=True, help="folder of picture files")
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args()
    contents = [path.read_bytes() for path in find_pictures([options.pictures]).pictures]
    if not contents:
        parser.error(f"expected a folder of pictures, got {options.pictures}")
    ask(options.url, contents[0])  # the first call makes TensorFlow plan its graph
    started = time.perf_counter()
    answers = load(options.url, contents, options.requests, options.clients)
    seconds = time.perf_counter() - started
    errors = [answer.error for answer in answers if answer.error]
    milliseconds = 1000 * np.array([answer.seconds for answer in answers])
    print(
        f"{len(answers)} requests from {options.clients} clients, {len(contents)} pictures: "
        f"{len(errors)} errors, {sum(answer.faces for answer in answers)} faces, "
        f"{len(answers) / seconds:.1f} requests/s; milliseconds a request: median "
        f"{np.median(milliseconds):.0f}, 95th percentile {np.percentile(milliseconds, 95):.0f}"
    )
    for error in errors[:5]:
        print(error, file=sys.stderr)
    return int(bool(errors))


if __name__ == "__main__":
    sys.exit(main())
