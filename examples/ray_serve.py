"""Serves a detector over HTTP with Ray Serve.

    pip install . 'ray[serve]'
    MODEL=fbi-1 serve run examples.ray_serve:app
    curl --data-binary @family.jpg http://localhost:8000/
    curl http://localhost:8000/health

The answer is JSON: `boxes`, as x_min, y_min, x_max, y_max in pixels of the upright picture, and
`scores`; or `error`, with a status that `tfface.serving` explains. MODEL is a preset, a TFLite file
or a SavedModel (which needs TensorFlow). A model is a program: serve one that you trust.
"""

import os

from ray import serve
from starlette.requests import Request
from starlette.responses import JSONResponse

from tfface import FaceDetector
from tfface.serving import DetectionService, Limits

THRESHOLD = float(os.environ.get("THRESHOLD", "0.5"))
"""Lowest score of a face in an answer."""

LIMITS = Limits(
    bytes=int(os.environ.get("MAX_BYTES", Limits.bytes)),
    pixels=int(os.environ.get("MAX_PIXELS", Limits.pixels)),
    seconds=float(os.environ.get("SECONDS", Limits.seconds)),
    waiting=int(os.environ.get("WAITING", Limits.waiting)),
)
"""What a request may cost, each from the environment."""


@serve.deployment(max_ongoing_requests=4 * LIMITS.waiting, max_queued_requests=4 * LIMITS.waiting)
class FaceDetection:
    """One copy of the detector; `num_replicas` of Ray Serve starts several."""

    def __init__(self, model: str) -> None:
        self.service = DetectionService(FaceDetector.from_preset(model), THRESHOLD, LIMITS)

    async def __call__(self, request: Request) -> JSONResponse:
        """Faces in the bytes of a picture file."""
        length = request.headers.get("content-length", "")
        answer = await self.service.answer(
            request.method,
            request.url.path,
            request.stream(),
            int(length) if length.isdecimal() else None,
        )
        return JSONResponse(
            dict(answer.content), status_code=answer.status, headers=dict(answer.headers)
        )


app = FaceDetection.bind(os.environ["MODEL"])
