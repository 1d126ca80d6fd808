"""BlazeFace (Bazarevsky et al., arXiv:1907.05047) of MediaPipe in LiteRT."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from measure.peers.suppression import Found
from tfface.predict.litert import load_interpreter
from tfface.rgb import Image

NMS_IOU_THRESHOLD = 0.3
_LARGEST_LOGIT = 80.0
"""MediaPipe clips at 100, whose exponential is no float32 any more."""

SHORT_RANGE = {8: 2, 16: 6}
FULL_RANGE = {4: 1}
"""Anchors at every place, by stride."""


class BlazeFace:
    """BlazeFace, for a square input in whose middle the picture is scaled to fit.

    As in mediapipe/modules/face_detection: the anchors have no size, and boxes that overlap are
    averaged by their scores.

    Args:
        path: the TFLite file.
        threads: processor threads that it may use.
        anchors: `SHORT_RANGE` or `FULL_RANGE`.
    """

    def __init__(self, path: Path, threads: int, anchors: Mapping[int, int]) -> None:
        self._interpreter = load_interpreter(path.read_bytes(), str(path), num_threads=threads)
        self._interpreter.allocate_tensors()
        (images,) = self._interpreter.get_input_details()
        self._input, self._side = images["index"], int(images["shape"][1])
        channels = {
            int(entry["shape"][2]): entry for entry in self._interpreter.get_output_details()
        }
        self._boxes, self._logits = channels[16]["index"], channels[1]["index"]
        self._centres = np.concatenate(
            [_places(self._side, stride, number) for stride, number in anchors.items()]
        )

    def detect(self, image: Image, threshold: float) -> Found:
        """Boxes float32 `(n, 4)` in pixels and falling scores `(n,)` of RGB uint8 `(H, W, 3)`."""
        height, width = image.shape[:2]
        scale = self._side / max(height, width)
        left, top = (self._side - scale * width) / 2, (self._side - scale * height) / 2
        placing = np.array([[scale, 0, left], [0, scale, top]])
        placed = cv2.warpAffine(image, placing, (self._side, self._side))
        pixels = placed.astype(np.float32) / 127.5 - 1
        self._interpreter.set_tensor(self._input, pixels[None])
        self._interpreter.invoke()
        logits = self._interpreter.get_tensor(self._logits)[0, :, 0]
        scores = 1 / (1 + np.exp(-np.clip(logits, -_LARGEST_LOGIT, _LARGEST_LOGIT)))
        kept = scores >= threshold
        # x and y of the centre from that of the anchor, width and height, in pixels of the input.
        offsets, sizes = np.split(self._interpreter.get_tensor(self._boxes)[0, kept, :4], 2, axis=1)
        centres = self._centres[kept] + offsets
        boxes = np.concatenate([centres - 0.5 * sizes, centres + 0.5 * sizes], axis=1)
        boxes, scores = blend(boxes, scores[kept], NMS_IOU_THRESHOLD)
        return (boxes - np.array([left, top] * 2, np.float32)) / np.float32(scale), scores


def _places(side: int, stride: int, number: int) -> NDArray[np.float32]:
    """x and y of the middles of all cells, each `number` times, float32 `(positions, 2)`."""
    rows, columns = np.mgrid[: side // stride, : side // stride] + 0.5
    middles = stride * np.stack([columns, rows], axis=-1).reshape(-1, 2)
    return np.repeat(middles, number, axis=0).astype(np.float32)


def blend(boxes: NDArray[np.float32], scores: NDArray[np.float32], iou_threshold: float) -> Found:
    """The mean of every group of boxes that overlap its best, weighted by their scores.

    It stands for non-maximum suppression (MediaPipe's NonMaxSuppressionCalculator, WEIGHTED). A
    group has the score of its best.
    """
    falling = np.argsort(-scores, kind="stable")
    boxes, scores = boxes[falling], scores[falling]
    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
    remaining = np.ones(len(boxes), bool)
    blended, kept = [], []
    for index in range(len(boxes)):
        if not remaining[index]:
            continue
        upper_left = np.maximum(boxes[index, :2], boxes[:, :2])
        lower_right = np.minimum(boxes[index, 2:], boxes[:, 2:])
        common = np.prod(np.maximum(lower_right - upper_left, 0), axis=1)
        group = remaining & (common > iou_threshold * (areas[index] + areas - common))
        group[index] = True
        remaining &= ~group
        blended.append(np.average(boxes[group], axis=0, weights=scores[group]))
        kept.append(index)
    return np.array(blended, np.float32).reshape(-1, 4), scores[kept]
