"""Answers requests for faces, whatever server brings them, within limits of memory and time.

    service = DetectionService(tfface.FaceDetector.from_preset("fbi-1"))
    answer = await service.answer("POST", "/", chunks, length)

`examples/ray_serve.py` is such a server.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from tfface.detections import Detections
from tfface.image import UnreadablePictureError, decode_picture
from tfface.predict.runtime import ModelError
from tfface.rgb import Image

HEALTH = "/health"
"""The path that says whether the service lives, by GET."""

_HEAD = 32
"""Bytes of a body; of a picture file not all are ASCII, of forms, JSON and base64 they are."""

_HINT = "; the body has to be the file itself, not a form, JSON or base64"


class Detector(Protocol):
    """What finds the faces: `tfface.FaceDetector` or anything that detects like it."""

    def detect(self, image: Image, threshold: float) -> Detections:
        """The faces in `image`, RGB uint8 `(H, W, 3)`."""


@dataclass(frozen=True)
class Limits:
    """What a request may cost.

    Attributes:
        bytes: of a body.
        pixels: of a picture, by its header, before it is decoded.
        seconds: from the request to its answer.
        waiting: requests that are read, wait or are worked on at a time; more are told to come
            again.

    Raises:
        ValueError: one of them is not above 0.
    """

    bytes: int = 32 << 20
    pixels: int = 50_000_000
    seconds: float = 10.0
    waiting: int = 16

    def __post_init__(self) -> None:
        for name, limit in asdict(self).items():
            if not limit > 0:
                raise ValueError(f"expected a limit of {name} above 0, got {limit}")


@dataclass(frozen=True)
class Answer:
    """What goes back: the status of HTTP, an object for JSON, and headers."""

    status: int
    content: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


class DetectionService:
    """Faces in the bytes of picture files.

    A picture is decoded and searched in a thread, so that other requests are answered meanwhile.

    Args:
        detector: finds the faces.
        threshold: the lowest score of a face.
        limits: what a request may cost.
        workers: pictures that are worked on at a time.

    Raises:
        ValueError: a threshold outside 0..1.
    """

    def __init__(
        self,
        detector: Detector,
        threshold: float = 0.5,
        limits: Limits | None = None,
        workers: int = 1,
    ) -> None:
        if not 0 <= threshold <= 1:  # the detector would refuse every picture
            raise ValueError(f"expected a threshold in 0..1, got {threshold}")
        self._detector = detector
        self._threshold = threshold
        self._limits = limits or Limits()
        self._pool = ThreadPoolExecutor(workers)
        self._busy = 0

    async def answer(
        self, method: str, path: str, chunks: AsyncIterator[bytes], length: int | None = None
    ) -> Answer:
        """The answer to a request.

        Args:
            method, path: of HTTP; pictures come by POST to any path but `HEALTH`.
            chunks: the body.
            length: of the body in bytes, as its header claims; None where it does not say.

        Returns:
            200 with `boxes`, x_min, y_min, x_max, y_max in pixels of the upright picture, and
            `scores`; otherwise `error`, with 400 for what is no picture, 405 for another method,
            408 for a body that does not come, 413 for one too large, 503 where there is too much
            to do or the time is over, and 500 where the detector fails.
        """
        if path == HEALTH:
            if method not in ("GET", "HEAD"):
                return _refusal(405, f"expected GET, got {method}", Allow="GET, HEAD")
            return Answer(200, {"status": "ok", "waiting": self._busy})
        if method != "POST":
            return _refusal(405, f"expected a picture by POST, got {method}", Allow="POST")
        if length is not None and length > self._limits.bytes:
            return self._too_large(f"{length} bytes")
        if self._busy >= self._limits.waiting:
            return _later("too many requests")
        self._busy += 1
        work: Future[Answer] | None = None
        try:
            async with asyncio.timeout(self._limits.seconds):
                content = await self._read(chunks)
                if content is None:
                    return self._too_large("more")
                work = self._pool.submit(self._detect, content)
                work.add_done_callback(self._done(asyncio.get_running_loop()))
                return await asyncio.wrap_future(work)
        except TimeoutError:
            seconds = f"{self._limits.seconds:g} seconds"
            if work is None:
                return _refusal(408, f"expected a whole picture within {seconds}, got less")
            return _later(f"no answer within {seconds}")
        finally:
            if work is None:
                self._busy -= 1

    def _done(self, loop: asyncio.AbstractEventLoop) -> Any:
        """Called when a picture is done, or was given up before its turn."""

        def leave() -> None:
            self._busy -= 1

        return lambda work: loop.call_soon_threadsafe(leave)

    async def _read(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        """The body; None of one that is too large, of which no more is read."""
        content = bytearray()
        async for chunk in chunks:
            content += chunk
            if len(content) > self._limits.bytes:
                return None
        return bytes(content)

    def _detect(self, content: bytes) -> Answer:
        try:
            image = decode_picture(content, self._limits.pixels).image
        except UnreadablePictureError as error:
            return _refusal(400, f"{error}{_HINT if content[:_HEAD].isascii() else ''}")
        except (ValueError, MemoryError) as error:
            return _refusal(400, str(error) or "expected a smaller picture, got too little memory")
        try:
            found = self._detector.detect(image, self._threshold)
        except (ModelError, MemoryError) as error:
            return _refusal(500, f"the detector failed: {error}")
        return Answer(200, {"boxes": found.boxes.tolist(), "scores": found.scores.tolist()})

    def _too_large(self, got: str) -> Answer:
        return _refusal(413, f"expected a picture of at most {self._limits.bytes} bytes, got {got}")


def _refusal(status: int, error: str, **headers: str) -> Answer:
    return Answer(status, {"error": error}, headers)


def _later(error: str) -> Answer:
    return Answer(503, {"error": f"{error}; try again"}, {"Retry-After": "1"})
