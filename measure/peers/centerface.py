"""CenterFace (Xu et al., arXiv:1911.03599) in ONNX Runtime."""

from pathlib import Path

import cv2
import numpy as np

from measure.peers.onnx_session import open_session
from measure.peers.suppression import Found, suppress
from tfface.predict.packages import import_optional
from tfface.rgb import Image

STRIDE = 4
SIZE_MULTIPLE = 32
NMS_IOU_THRESHOLD = 0.3

_OUTPUTS = ("537", "538", "539")
"""Probability of a face's centre, logarithm of height and width, and offset of y and x."""


class CenterFace:
    """CenterFace, for pictures of any size, which it stretches to multiples of 32.

    As in Star-Clouds/CenterFace, prj-python/centerface.py.

    Args:
        path: the ONNX file, of which one size of the input is noted; it is made to take any.
        threads: processor threads that it may use.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self._session = open_session(_of_any_size(path), threads)
        self._input = self._session.get_inputs()[0].name

    def detect(self, image: Image, threshold: float) -> Found:
        """Boxes float32 `(n, 4)` in pixels and falling scores `(n,)` of RGB uint8 `(H, W, 3)`."""
        height, width = image.shape[:2]
        stretched = width + -width % SIZE_MULTIPLE, height + -height % SIZE_MULTIPLE
        pixels = cv2.dnn.blobFromImage(image, size=stretched)
        outputs = self._session.run(list(_OUTPUTS), {self._input: pixels})
        heat, (log_height, log_width), (offset_y, offset_x) = (output[0] for output in outputs)
        rows, columns = np.nonzero(heat[0] >= threshold)
        half_width = 0.5 * STRIDE * np.exp(log_width[rows, columns])
        half_height = 0.5 * STRIDE * np.exp(log_height[rows, columns])
        x = (columns + offset_x[rows, columns] + 0.5) * STRIDE
        y = (rows + offset_y[rows, columns] + 0.5) * STRIDE
        # The first two edges are cut to the input, and the others go with them, as there.
        left = np.clip(x - half_width, 0, stretched[0])
        top = np.clip(y - half_height, 0, stretched[1])
        right = np.minimum(left + 2 * half_width, stretched[0])
        bottom = np.minimum(top + 2 * half_height, stretched[1])
        boxes = np.stack([left, top, right, bottom], axis=-1).astype(np.float32)
        found, scores = suppress(boxes, heat[0, rows, columns], NMS_IOU_THRESHOLD)
        shrinking = np.array([width / stretched[0], height / stretched[1]] * 2, np.float32)
        return found * shrinking, scores


def _of_any_size(path: Path) -> bytes:
    """The ONNX file with names where the sizes of its input and outputs stand."""
    onnx = import_optional("onnx", extra="dev")
    if not path.is_file():
        raise FileNotFoundError(f"expected an ONNX file at {path}, got no such file")
    model = onnx.load(path)
    for place, value in enumerate((*model.graph.input[:1], *model.graph.output)):
        sides = value.type.tensor_type.shape.dim
        for side, name in zip((sides[0], *sides[2:]), "bhw", strict=True):
            side.dim_param = f"{name}{min(place, 1)}"
    return model.SerializeToString()
