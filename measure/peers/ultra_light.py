"""Ultra-Light-Fast-Generic-Face-Detector-1MB (Linzaer) in ONNX Runtime."""

from pathlib import Path

import cv2
import numpy as np

from measure.peers.onnx_session import OneSize
from measure.peers.suppression import Found, suppress
from tfface.rgb import Image

NMS_IOU_THRESHOLD = 0.3


class UltraLight:
    """The versions slim and RFB, for an input of one size that the picture is stretched to.

    As in its run_video_face_detect_onnx.py; the network itself decodes its boxes.

    Args:
        path: the ONNX file.
        threads: processor threads that it may use.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self._network = OneSize(path, threads)

    def detect(self, image: Image, threshold: float) -> Found:
        """Boxes float32 `(n, 4)` in pixels and falling scores `(n,)` of RGB uint8 `(H, W, 3)`."""
        height, width = image.shape[:2]
        scaled = cv2.resize(image, self._network.size[::-1])
        scores, boxes = self._network.run(scaled, 127, ("scores", "boxes"))
        faces = scores[:, 1]
        kept = faces >= threshold
        pixels_of_unit = np.array([width, height] * 2, np.float32)
        return suppress(boxes[kept] * pixels_of_unit, faces[kept], NMS_IOU_THRESHOLD)
