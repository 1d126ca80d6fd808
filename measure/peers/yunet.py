"""YuNet (Wu et al., Machine Intelligence Research 2023) in ONNX Runtime and in OpenCV."""

from pathlib import Path

import cv2
import numpy as np

from measure.peers.onnx_session import open_session
from measure.peers.suppression import Found, suppress
from measure.timing import THRESHOLD, Detect
from tfface.predict.runtime import Size
from tfface.rgb import Image

STRIDES = (8, 16, 32)
NMS_IOU_THRESHOLD = 0.45


class YuNet:
    """YuNet in ONNX Runtime, in pictures of any size.

    The decoding is that of OpenCV's FaceDetectorYN; weights: ShiqiYu/libfacedetection.train.

    Args:
        path: the ONNX file.
        threads: processor threads that it may use.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self._session = open_session(path, threads)

    def detect(self, image: Image, threshold: float) -> Found:
        """Boxes float32 `(n, 4)` in pixels and falling scores `(n,)` of RGB uint8 `(H, W, 3)`."""
        height, width = image.shape[:2]
        padding = ((0, -height % STRIDES[-1]), (0, -width % STRIDES[-1]), (0, 0))
        padded = np.pad(image[..., ::-1], padding).astype(np.float32)
        maps = self._run(padded.transpose(2, 0, 1)[None])
        columns = padded.shape[1] // np.array(STRIDES)
        levels = [
            self._decode(maps, stride, int(row), threshold)
            for stride, row in zip(STRIDES, columns, strict=True)
        ]
        boxes = np.concatenate([boxes for boxes, _ in levels])
        scores = np.concatenate([scores for _, scores in levels])
        return suppress(boxes, scores, NMS_IOU_THRESHOLD)

    def _run(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """The network's maps of one picture by name, `(positions, channels)` each."""
        names = [f"{kind}_{stride}" for kind in ("cls", "obj", "bbox") for stride in STRIDES]
        outputs = self._session.run(names, {"input": images})
        return {name: output[0] for name, output in zip(names, outputs, strict=True)}

    @staticmethod
    def _decode(
        maps: dict[str, np.ndarray], stride: int, columns: int, threshold: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Boxes `(n, 4)` and scores `(n,)` above the threshold of one level."""
        product = np.clip(maps[f"cls_{stride}"], 0, 1) * np.clip(maps[f"obj_{stride}"], 0, 1)
        scores = np.sqrt(product[:, 0])
        (kept,) = np.nonzero(scores >= threshold)
        offsets = maps[f"bbox_{stride}"][kept]
        cells = np.stack([kept % columns, kept // columns], axis=1)
        centres = ((cells + offsets[:, :2]) * stride).astype(np.float32)
        half = 0.5 * np.exp(offsets[:, 2:]) * stride
        return np.concatenate([centres - half, centres + half], axis=1), scores[kept]


def load_in_opencv(path: Path, threads: int, size: Size) -> Detect:
    """OpenCV's FaceDetectorYN, to be timed on pictures of this height and width."""
    cv2.setNumThreads(threads)
    height, width = size
    yunet = cv2.FaceDetectorYN.create(str(path), "", (width, height), THRESHOLD, NMS_IOU_THRESHOLD)
    return lambda image: yunet.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
