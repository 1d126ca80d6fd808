"""Other projects' face detectors, run as their authors run them, to measure beside tfface's.

Their files of weights are not part of this repository: they lie in a folder that `--peers` or
`$TFFACE_PEERS` names.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from measure.peers import blazeface, yunet
from measure.peers.blazeface import BlazeFace
from measure.peers.centerface import CenterFace
from measure.peers.scrfd import SCRFD
from measure.peers.suppression import Found
from measure.peers.ultra_light import UltraLight
from measure.peers.yunet import YuNet
from measure.timing import THRESHOLD, Detect
from tfface.detections import Detections
from tfface.evaluation.runner import PictureDetector
from tfface.packaged import PRECISIONS
from tfface.predict.face_detector import FaceDetector
from tfface.predict.packages import import_optional
from tfface.predict.placement import place
from tfface.predict.runtime import Size
from tfface.rgb import Image


class PeerModel(Protocol):
    """A peer, loaded."""

    def detect(self, image: Image, threshold: float) -> Found:
        """Boxes float32 `(n, 4)` in pixels and falling scores `(n,)` of RGB uint8 `(H, W, 3)`."""


@dataclass(frozen=True)
class Peer:
    """How a peer is run.

    Attributes:
        title: its name in tables.
        file: the name of its weights.
        load: a function of the path of the weights and the threads that it may use.
        package: what runs it.
        input_size: height and width of its input, which it scales every picture to; None where it
            searches pictures at any size.
    """

    title: str
    file: str
    load: Callable[[Path, int], PeerModel]
    package: str = "onnxruntime"
    input_size: Size | None = None


_LITERT = "ai_edge_litert.interpreter"
RUNTIMES = {"onnxruntime": "ONNX Runtime", _LITERT: "LiteRT", "cv2": "OpenCV"}
"""The names of the packages in tables."""

PEERS = {
    "yunet_n": Peer("YuNet-n", "yunet_n_dynamic.onnx", YuNet),
    "yunet_s": Peer("YuNet-s", "yunet_s_dynamic.onnx", YuNet),
    "scrfd_500m": Peer("SCRFD-500M", "scrfd_500m_kps.onnx", SCRFD, input_size=(640, 640)),
    "scrfd_2.5g": Peer("SCRFD-2.5G", "scrfd_2.5g_kps.onnx", SCRFD, input_size=(640, 640)),
    "ultra_light_slim_320": Peer(
        "Ultra-Light slim-320",
        "ultralight_version-slim-320.onnx",
        UltraLight,
        input_size=(240, 320),
    ),
    "ultra_light_rfb_320": Peer(
        "Ultra-Light RFB-320",
        "ultralight_version-RFB-320.onnx",
        UltraLight,
        input_size=(240, 320),
    ),
    "ultra_light_rfb_640": Peer(
        "Ultra-Light RFB-640",
        "ultralight_version-RFB-640.onnx",
        UltraLight,
        input_size=(480, 640),
    ),
    "centerface": Peer("CenterFace", "centerface.onnx", CenterFace),
    "blazeface_short": Peer(
        "BlazeFace short range",
        "face_detection_short_range.tflite",
        partial(BlazeFace, anchors=blazeface.SHORT_RANGE),
        _LITERT,
        input_size=(128, 128),
    ),
    "blazeface_full": Peer(
        "BlazeFace full range",
        "face_detection_full_range.tflite",
        partial(BlazeFace, anchors=blazeface.FULL_RANGE),
        _LITERT,
        input_size=(192, 192),
    ),
}
"""The peers by their name on command lines, each in its fastest runtime."""


@dataclass(frozen=True)
class TimedPeer:
    """A peer in a runtime in which its speed is measured.

    Attributes:
        key: of `PEERS`.
        package: what runs it.
        load: a function of the path of the weights, the threads that it may use, and height and
            width of the pictures.
    """

    key: str
    package: str
    load: Callable[[Path, int, Size], Detect]


def _load_as_evaluated(peer: Peer, path: Path, threads: int, size: Size) -> Detect:
    model = peer.load(path, threads)
    return lambda image: model.detect(image, THRESHOLD)


TIMED = {
    f"{peer.title} ({RUNTIMES[peer.package]})": TimedPeer(
        key, peer.package, partial(_load_as_evaluated, peer)
    )
    for key, peer in PEERS.items()
} | {"YuNet-n (OpenCV)": TimedPeer("yunet_n", "cv2", yunet.load_in_opencv)}
"""Peers by the name that they have in tables of milliseconds."""


class PeerDetector:
    """A peer behind the call of `tfface.FaceDetector`.

    Args:
        model: the peer, loaded.
        scales: whether it scales pictures itself, to the one size of its input. Otherwise they are
            resized as tfface does.
    """

    def __init__(self, model: PeerModel, scales: bool) -> None:
        self._model, self._scales = model, scales

    def detect(self, image: Image, threshold: float, long_side: int | None) -> Detections:
        """Detections of RGB uint8 `(H, W, 3)`, its boxes cut to the picture.

        `long_side` is as of `FaceDetector.detect`; of an input of one size it changes nothing.
        """
        placement = place(image.shape[:2], 0 if self._scales else long_side, fixed_size=None)
        height, width = placement.scaled
        # Without the padding of tfface: each pads in its own way.
        boxes, scores = self._model.detect(placement.apply(image)[:height, :width], threshold)
        return Detections(placement.to_picture(boxes), scores)


def peers_present(folder: Path) -> list[str]:
    """The keys of the peers whose weights are in `folder`.

    Raises:
        FileNotFoundError: there is none.
    """
    present = [key for key, peer in PEERS.items() if (folder / peer.file).is_file()]
    if not present:
        files = ", ".join(peer.file for peer in PEERS.values())
        raise FileNotFoundError(
            f"expected weights of peers in {folder}, some of {files}, got none of them; name the "
            "folder that they lie in by --peers"
        )
    return present


def open_peer(key: str, folder: Path | None, threads: int = 1) -> PeerDetector:
    """A peer by its key in `PEERS`.

    Args:
        key: of the peer.
        folder: of the weights; None for that in `$TFFACE_PEERS`.
        threads: processor threads that it may use.

    Raises:
        ValueError: no folder is named, or its file is damaged.
        FileNotFoundError: its weights are not there.
        ImportError: what runs it is not installed.
    """
    peer = PEERS[key]
    import_optional(peer.package, extra="evaluate,dev")
    if folder is None and "TFFACE_PEERS" not in os.environ:
        raise ValueError(
            f"expected the folder of the weights of {key}, got none; give --peers or set "
            "TFFACE_PEERS"
        )
    path = (folder or Path(os.environ["TFFACE_PEERS"])) / peer.file
    if not path.is_file():
        raise FileNotFoundError(
            f"expected the weights of {peer.title} at {path}, got no such file; name the folder of "
            "the weights of peers by --peers"
        )
    return PeerDetector(peer.load(path, threads), scales=peer.input_size is not None)


def open_detector(
    name: str, folder: Path | None, threads: int = 1, precision: str = PRECISIONS[0]
) -> PictureDetector:
    """A peer by its key in `PEERS`, else what `FaceDetector` opens; arguments as of `open_peer`."""
    if name in PEERS:
        return open_peer(name, folder, threads)
    return FaceDetector.from_preset(name, threads, precision)
