"""Ultra-Light-Fast-Generic-Face-Detector-1MB (Linzaer) in ONNX Runtime."""

from pathlib import Path

import cv2
import numpy as np

from measure.peers.onnx_session import open_session
from measure.peers.suppression import Found, suppress
from tfface.image import Image

NMS_IOU_THRESHOLD = 0.3


class UltraLight:
    """The versions slim and RFB, for an input of one size that the picture is stretched to.

    As in its run_video_face_detect_onnx.py; the network itself decodes its boxes.

    Args:
        path: the ONNX file.
        threads: processor threads that it may use.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self._session = open_session(path, threads)
        (images,) = self._session.get_inputs()
        self._input = images.name
        self._height, self._width = images.shape[2:]

    def detect(self, image: Image, threshold: float) -> Found:
        """Boxes float32 `(n, 4)` in pixels and falling scores `(n,)` of RGB uint8 `(H, W, 3)`."""
        height, width = image.shape[:2]
        scaled = cv2.resize(image, (self._width, self._height))
        pixels = cv2.dnn.blobFromImage(scaled, 1 / 128, mean=(127,) * 3)
        scores, boxes = self._session.run(["scores", "boxes"], {self._input: pixels})
        faces = scores[0, :, 1]
        kept = faces >= threshold
        pixels_of_unit = np.array([width, height] * 2, np.float32)
        return suppress(boxes[0, kept] * pixels_of_unit, faces[kept], NMS_IOU_THRESHOLD)
