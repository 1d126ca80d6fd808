"""Requests a second and milliseconds a request of a detection server.

    python -m benchmarks.serving --pictures DIR --requests 1000 --clients 4
    python -m benchmarks.serving --pictures DIR --requests 2000 --clients 200 --bomb_every 10

Every client sends one picture after another and waits for the answer. Any answer that is not JSON
with boxes and scores counts as an error and ends with exit status 1; but for 503, which tells who
comes to come again, and for the 400 of a bomb, a file that claims 400 megapixels.
"""

import json
import sys
import time
import urllib.error
import urllib.request
from argparse import Namespace
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tfface.command_line import CommandParser, run_command
from tfface.predict.packages import optional_packages

with optional_packages("evaluate", __name__):
    import numpy as np
    from tqdm import tqdm

    from tfface.picture_files import find_pictures

TIMEOUT_SECONDS = 60

BUSY = 503
REFUSED = 400

BOMB = b"P6 20000 20000 255\n" + bytes(1000)
"""The header of a PPM file that claims 400 megapixels, and a few of them."""


@dataclass(frozen=True)
class Answer:
    """What came back for one picture: seconds, faces, what was wrong, if anything, and a status.

    The status is that of HTTP; 0 where no answer came.
    """

    seconds: float
    faces: int = 0
    error: str | None = None
    status: int = 200


def ask(url: str, content: bytes) -> Answer:
    """Sends the bytes of a picture file by POST."""
    started = time.perf_counter()
    try:
        with urllib.request.urlopen(url, content, TIMEOUT_SECONDS) as response:
            faces = json.load(response)
        if len(faces["boxes"]) != len(faces["scores"]):
            raise ValueError(f"got {len(faces['boxes'])} boxes and {len(faces['scores'])} scores")
    except (OSError, ValueError, LookupError, TypeError) as error:
        status = error.code if isinstance(error, urllib.error.HTTPError) else 0
        text = f"{type(error).__name__}: {error}"
        return Answer(time.perf_counter() - started, error=text, status=status)
    return Answer(time.perf_counter() - started, len(faces["boxes"]))


def load(url: str, contents: Sequence[bytes], requests: int, clients: int) -> list[Answer]:
    """Sends so many requests, the pictures in turn, from so many clients at once."""
    turns = (contents[index % len(contents)] for index in range(requests))
    with ThreadPoolExecutor(clients) as pool:
        return list(tqdm(pool.map(lambda content: ask(url, content), turns), total=requests))


def with_bombs(contents: Sequence[bytes], every: int) -> list[bytes]:
    """The pictures in turn, with a bomb in every so many of them, at first."""
    turns = range(every * len(contents))
    return [contents[turn % len(contents)] if turn % every else BOMB for turn in turns]


def main() -> int:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", default="http://localhost:8000/")
    parser.add_argument("--pictures", type=Path, required=True, help="folder of picture files")
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--bomb_every", type=int, default=0, help="requests; 0: no bombs")
    return run_command(parser, run)


def run(options: Namespace) -> int:
    """Loads the server and prints what came back; 1 where an answer was wrong."""
    contents = [path.read_bytes() for path in find_pictures([options.pictures]).pictures]
    if not contents:
        raise ValueError(f"expected a folder of pictures, got {options.pictures}")
    if options.bomb_every:
        contents = with_bombs(contents, options.bomb_every)
    ask(options.url, contents[-1])  # the first call makes TensorFlow plan its graph
    started = time.perf_counter()
    answers = load(options.url, contents, options.requests, options.clients)
    seconds = time.perf_counter() - started
    expected = {content: REFUSED if content == BOMB else 200 for content in contents}
    busy = sum(answer.status == BUSY for answer in answers)
    turns = (contents[index % len(contents)] for index in range(len(answers)))
    errors = [
        answer.error or f"expected the status {REFUSED} for a bomb, got {answer.status}"
        for content, answer in zip(turns, answers, strict=True)
        if answer.status not in (BUSY, expected[content])
    ]
    milliseconds = 1000 * np.array([answer.seconds for answer in answers])
    print(
        f"{len(answers)} requests from {options.clients} clients, {len(contents)} pictures: "
        f"{len(errors)} errors, {sum(answer.faces for answer in answers)} faces, "
        f"{len(answers) / seconds:.1f} requests/s; milliseconds a request: median "
        f"{np.median(milliseconds):.0f}, 95th percentile {np.percentile(milliseconds, 95):.0f}, "
        f"longest {milliseconds.max():.0f}; {busy} told to come again"
    )
    for error in errors[:5]:
        print(error, file=sys.stderr)
    return int(bool(errors))


if __name__ == "__main__":
    sys.exit(main())
