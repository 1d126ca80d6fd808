"""SCRFD (Guo et al., ICLR 2022, arXiv:2105.04714) in ONNX Runtime."""

from pathlib import Path

import cv2
import numpy as np

from measure.peers.onnx_session import OneSize
from measure.peers.suppression import Found, suppress
from tfface.rgb import Image

STRIDES = (8, 16, 32)
ANCHORS = 2
"""At every place, both of the same centre; boxes are distances from it, so sizes do not matter."""
NMS_IOU_THRESHOLD = 0.4


class SCRFD:
    """SCRFD with landmarks, for an input of one size that the picture is scaled to fit into.

    As in deepinsight/insightface, detection/scrfd/tools/scrfd.py, but for the way back to the
    picture: that has the rounded scale of the height for both directions, which moves boxes by some
    pixels; here each has its own, as where the authors measure their accuracy.

    Args:
        path: an ONNX file with nine outputs: scores, distances and landmarks of three levels.
        threads: processor threads that it may use.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self._network = OneSize(path, threads)
        self._outputs = self._network.outputs[: 2 * len(STRIDES)]
        self._centres = [self._places(stride) for stride in STRIDES]

    def _places(self, stride: int) -> np.ndarray:
        """x and y of the anchors of a level, float32 `(positions, 2)`: corners of its cells."""
        height, width = self._network.size
        rows, columns = np.mgrid[: height // stride, : width // stride]
        corners = stride * np.stack([columns, rows], axis=-1).reshape(-1, 2)
        return np.repeat(corners, ANCHORS, axis=0).astype(np.float32)

    def detect(self, image: Image, threshold: float) -> Found:
        """Boxes float32 `(n, 4)` in pixels and falling scores `(n,)` of RGB uint8 `(H, W, 3)`."""
        height, width = image.shape[:2]
        scale = min(self._network.size[0] / height, self._network.size[1] / width)
        scaled = max(1, round(width * scale)), max(1, round(height * scale))
        canvas = np.zeros((*self._network.size, 3), np.uint8)
        canvas[: scaled[1], : scaled[0]] = cv2.resize(image, scaled)
        outputs = self._network.run(canvas, 127.5, self._outputs)
        levels = zip(STRIDES, self._centres, outputs[:3], outputs[3:], strict=True)
        boxes, scores = [], []
        for stride, centres, level_scores, distances in levels:
            kept = level_scores[:, 0] >= threshold
            reach = stride * distances[kept]
            boxes.append(np.hstack([centres[kept] - reach[:, :2], centres[kept] + reach[:, 2:]]))
            scores.append(level_scores[kept, 0])
        growing = np.array([width / scaled[0], height / scaled[1]] * 2, np.float32)
        return suppress(np.concatenate(boxes) * growing, np.concatenate(scores), NMS_IOU_THRESHOLD)
