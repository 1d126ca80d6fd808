"""Serves a SavedModel of tfface over HTTP with Ray Serve.

    pip install 'ray[serve]' tensorflow
    python -m convert.main --model=fbi-1 --output=served/fbi-1
    MODEL=served/fbi-1 serve run examples.ray_serve:app
    curl --data-binary @family.jpg http://localhost:8000/

The answer is JSON: `boxes`, as x_min, y_min, x_max, y_max in pixels of the upright picture, and
`scores`.
tfface itself need not be installed where this runs.
"""

import os

import tensorflow as tf
from ray import serve
from starlette.requests import Request
from starlette.responses import JSONResponse

THRESHOLD = float(os.environ.get("THRESHOLD", "0.5"))
"""Lowest score of a face in an answer."""


@serve.deployment
class FaceDetection:
    """One copy of the detector; `num_replicas` of Ray Serve starts several."""

    def __init__(self, folder: str) -> None:
        self.model = tf.saved_model.load(folder)
        self.detect = self.model.signatures["detect_encoded"]

    async def __call__(self, request: Request) -> JSONResponse:
        """Faces in the bytes of a JPEG, PNG, GIF or BMP file; status 400 for anything else."""
        content = await request.body()
        try:
            faces = self.detect(encoded=tf.constant([content]))
        except tf.errors.InvalidArgumentError:
            error = f"expected a JPEG, PNG, GIF or BMP file, got {len(content)} bytes of no such"
            return JSONResponse({"error": error}, status_code=400)
        kept = faces["scores"][0] >= THRESHOLD
        return JSONResponse(
            {
                "boxes": faces["boxes"][0][kept].numpy().tolist(),
                "scores": faces["scores"][0][kept].numpy().tolist(),
            }
        )


app = FaceDetection.bind(os.environ["MODEL"])
