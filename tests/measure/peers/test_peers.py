"""measure.peers: what every peer has in common."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from measure import peers
from measure.contestants import picture_with_faces
from measure.peers import PEERS, TIMED, Peer, PeerDetector, open_detector, open_peer, peers_present
from measure.timing import THRESHOLD


class Recorder:
    """A peer that finds one box, and remembers the pictures."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []

    def detect(self, image, threshold):
        self.seen.append(image.shape[:2])
        return np.array([[10, 10, 30, 999]], np.float32), np.array([0.5], np.float32)


def test_pictures_are_resized_for_peers_of_any_size():
    model = Recorder()

    found = PeerDetector(model, scales=False).detect(np.zeros((30, 80, 3), np.uint8), 0.1, 40)

    # Half as long, without any padding; the box doubled, and cut to the picture.
    assert model.seen == [(15, 40)]
    np.testing.assert_array_equal(found.boxes, [[20, 20, 60, 30]])


def test_peers_of_one_size_scale_the_picture_themselves():
    model = Recorder()

    found = PeerDetector(model, scales=True).detect(np.zeros((30, 80, 3), np.uint8), 0.1, 40)

    assert model.seen == [(30, 80)]
    np.testing.assert_array_equal(found.boxes, [[10, 10, 30, 30]])


def test_the_folder_is_named_or_in_the_environment(tmp_path, monkeypatch):
    monkeypatch.setitem(PEERS, "yunet_n", Peer("YuNet-n", "n.onnx", lambda *_: Recorder(), "cv2"))
    (tmp_path / "n.onnx").touch()
    monkeypatch.delenv("TFFACE_PEERS", raising=False)
    with pytest.raises(ValueError, match="folder of the weights of yunet_n, got none"):
        open_peer("yunet_n", None)

    monkeypatch.setenv("TFFACE_PEERS", str(tmp_path))

    assert isinstance(open_peer("yunet_n", None), PeerDetector)
    assert isinstance(open_detector("yunet_n", tmp_path), PeerDetector)
    with pytest.raises(FileNotFoundError, match=r"weights of YuNet-n at .*n\.onnx"):
        open_peer("yunet_n", tmp_path / "elsewhere")


def test_what_runs_a_peer_may_be_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)

    with pytest.raises(ImportError, match=r"pip install '\.\[evaluate,dev\]'"):
        open_peer("scrfd_500m", tmp_path)


def test_the_peers_that_are_present(tmp_path):
    with pytest.raises(FileNotFoundError, match="some of yunet_n_dynamic.onnx"):
        peers_present(tmp_path)

    for key in ("centerface", "yunet_s"):
        (tmp_path / PEERS[key].file).touch()

    assert peers_present(tmp_path) == ["yunet_s", "centerface"]


def test_every_peer_is_timed_in_its_fastest_runtime():
    keys = [timed.key for timed in TIMED.values()]

    assert set(keys) == PEERS.keys()
    assert keys.count("yunet_n") == 2
    assert TIMED["BlazeFace full range (LiteRT)"].key == "blazeface_full"


def test_a_timed_peer_is_called_with_the_common_threshold(monkeypatch, tmp_path):
    thresholds = []
    model = SimpleNamespace(detect=lambda image, threshold: thresholds.append(threshold))
    peer = Peer("X", "x.onnx", lambda path, threads: model)

    peers._load_as_evaluated(peer, tmp_path, 1, (4, 4))(np.zeros((4, 4, 3), np.uint8))

    assert thresholds == [THRESHOLD]


@pytest.mark.parametrize("key", PEERS)
def test_the_released_weights_find_a_face(key):
    if "TFFACE_PEERS" not in os.environ:
        pytest.skip("TFFACE_PEERS does not name the folder of the peers' weights")
    pytest.importorskip("skimage")
    pytest.importorskip("onnxruntime")
    folder = Path(os.environ["TFFACE_PEERS"])
    if not (folder / PEERS[key].file).is_file():
        pytest.skip(f"{PEERS[key].file} is not in TFFACE_PEERS")

    found = open_peer(key, folder).detect(picture_with_faces((480, 640)), 0.5, 640)

    # Eileen Collins, as drawn by hand; MediaPipe's boxes are squares without the forehead.
    assert len(found) == 1
    np.testing.assert_allclose(found.boxes[0], [225, 75, 340, 223], atol=30)
