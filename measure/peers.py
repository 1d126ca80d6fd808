"""Other projects' face detectors, run as their authors run them, to measure beside tfface's.

    python -m measure.peers --peers DIR --model yunet_n --data DIR --long_side 640

prints the official WIDER FACE result of one of them on the validation pictures present. `--peers`
names the folder of weight files; they are not part of this repository.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tfface.predict.packages import optional_packages

with optional_packages("evaluate,dev", __name__):
    import cv2
    import numpy as np

    from measure.timing import THRESHOLD, Detect
    from tfface.command_line import CommandParser
    from tfface.detections import Detections
    from tfface.evaluation.curves import format_table
    from tfface.evaluation.runner import SCORE_THRESHOLD, PictureDetector, evaluate_detector
    from tfface.packaged import PRECISIONS
    from tfface.predict.face_detector import FaceDetector
    from tfface.predict.placement import place
    from tfface.predict.runtime import Size


class YuNet:
    """YuNet (Wu et al., Machine Intelligence Research 2023) in ONNX Runtime.

    The decoding is that of OpenCV's FaceDetectorYN; weights: ShiqiYu/libfacedetection.train.
    """

    STRIDES = (8, 16, 32)
    NMS_IOU_THRESHOLD = 0.45

    def __init__(self, path: Path, threads: int = 1):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Otherwise its threads spin on for a while, in the turn of the detector that is timed next.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        self.session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )

    def detect(self, image: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
        """Boxes float32 `(n, 4)` in pixels and falling scores `(n,)` of RGB uint8 `(H, W, 3)`."""
        height, width = image.shape[:2]
        padding = ((0, -height % 32), (0, -width % 32), (0, 0))
        padded = np.pad(image[..., ::-1], padding).astype(np.float32)
        maps = self._run(padded.transpose(2, 0, 1)[None])
        columns = padded.shape[1] // np.array(self.STRIDES)
        levels = [
            self._decode(maps, stride, int(row), threshold)
            for stride, row in zip(self.STRIDES, columns, strict=True)
        ]
        boxes = np.concatenate([boxes for boxes, _ in levels])
        scores = np.concatenate([scores for _, scores in levels])
        # NMSBoxes takes x, y, width, height and returns indices in order of falling score.
        rectangles = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
        kept = cv2.dnn.NMSBoxes(rectangles, scores, threshold, self.NMS_IOU_THRESHOLD)
        kept = np.asarray(kept, dtype=int).reshape(-1)
        return boxes[kept], scores[kept]

    def _run(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """The network's maps of one picture by name, `(positions, channels)` each."""
        names = [f"{kind}_{stride}" for kind in ("cls", "obj", "bbox") for stride in self.STRIDES]
        outputs = self.session.run(names, {"input": images})
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


PEERS = {
    "yunet_n": (YuNet, "yunet_n_dynamic.onnx"),
    "yunet_s": (YuNet, "yunet_s_dynamic.onnx"),
}
"""How each peer is run, and the name of its weight file."""


@dataclass(frozen=True)
class TimedPeer:
    """A peer whose speed is measured.

    Attributes:
        file: its weights.
        package: what runs it.
        load: a function of the path of the weights, the threads that it may use, and height and
            width of the pictures.
    """

    file: str
    package: str
    load: Callable[[Path, int, Size], Detect]


def _yunet_in_onnx_runtime(path: Path, threads: int, size: Size) -> Detect:
    yunet = YuNet(path, threads)
    return lambda image: yunet.detect(image, THRESHOLD)


def _yunet_in_opencv(path: Path, threads: int, size: Size) -> Detect:
    cv2.setNumThreads(threads)
    height, width = size
    yunet = cv2.FaceDetectorYN.create(
        str(path), "", (width, height), THRESHOLD, YuNet.NMS_IOU_THRESHOLD
    )
    return lambda image: yunet.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))


TIMED = {
    "YuNet-n (ONNX Runtime)": TimedPeer(PEERS["yunet_n"][1], "onnxruntime", _yunet_in_onnx_runtime),
    "YuNet-n (OpenCV)": TimedPeer(PEERS["yunet_n"][1], "cv2", _yunet_in_opencv),
}
"""Peers by the name that they have in tables of milliseconds."""


class PeerDetector:
    """A peer behind the call of `tfface.FaceDetector`: resizes as tfface does, clips the boxes."""

    def __init__(self, peer: YuNet):
        self.peer = peer

    def detect(self, image: np.ndarray, threshold: float, long_side: int | None) -> Detections:
        """Detections of RGB uint8 `(H, W, 3)`, resized as `FaceDetector.detect` says."""
        placement = place(image.shape[:2], long_side, fixed_size=None)
        boxes, scores = self.peer.detect(placement.apply(image), threshold)
        return Detections(placement.to_picture(boxes), scores)


def open_detector(
    name: str, folder: Path | None, threads: int = 1, precision: str = PRECISIONS[0]
) -> PictureDetector:
    """A peer by its key in `PEERS`, whose file is in `folder`; else what `FaceDetector` opens."""
    if name not in PEERS:
        return FaceDetector.from_preset(name, threads, precision)
    if folder is None:
        raise ValueError(f"expected the folder of the weights of {name}, got none; give --peers")
    build, file = PEERS[name]
    return PeerDetector(build(folder / file, threads))


def main() -> None:
    parser = CommandParser(description="Evaluate another project's detector.")
    parser.add_argument("--peers", type=Path, required=True, help="folder of weight files")
    parser.add_argument("--model", choices=PEERS, required=True)
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("TFFACE_DATA", ".")) / "widerface"
    )
    parser.add_argument("--long_side", type=int, default=0, help="0: the pictures' own size")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    with optional_packages("evaluate,dev", __name__):
        detector = open_detector(options.model, options.peers, options.threads)
        curves = evaluate_detector(
            detector, options.data, options.long_side, threshold=SCORE_THRESHOLD, progress=True
        )
    print(format_table(curves))


if __name__ == "__main__":
    main()
