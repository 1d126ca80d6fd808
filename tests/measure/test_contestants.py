"""measure.contestants: detectors to time, and the picture that they see."""

import sys

import numpy as np
import pytest

from measure.contestants import Contestant, import_peers, peers_in, picture_with_faces
from tfface.detections import Detections
from tfface.predict import litert
from tfface.predict.face_detector import FaceDetector


def test_the_picture_has_a_face():
    pytest.importorskip("skimage")
    image = picture_with_faces((480, 640))

    assert (image.shape, image.dtype) == ((480, 640, 3), np.uint8)
    faces = FaceDetector.from_preset("fbi-half").detect(image)
    assert len(faces) >= 1


def test_a_file_of_one_size_gets_the_picture_scaled_to_fit(fixed_tflite_content, tmp_path):
    path = tmp_path / "fixed.tflite"
    path.write_bytes(fixed_tflite_content)
    image = np.zeros((128, 96, 3), np.uint8)
    image[:, :, 0] = 200

    faces = Contestant("fixed", str(path)).load(1, (128, 96))(image)

    # Input 64x96: the picture becomes 64 high and 48 wide, twice smaller, and the first of its
    # equally red pixels is the upper left one.
    assert isinstance(faces, Detections)
    np.testing.assert_array_equal(faces.boxes, [[0, 0, 2, 2]])


def test_peers_whose_weights_are_missing(tmp_path):
    pytest.importorskip("onnxruntime")

    with pytest.raises(FileNotFoundError, match=r"weights of peers in .*yunet_n_dynamic\.onnx"):
        peers_in(tmp_path)


def test_the_peers_whose_weights_are_there(tmp_path):
    (tmp_path / "yunet_n_dynamic.onnx").touch()

    names = [contestant.name for contestant in peers_in(tmp_path)]

    assert names == ["YuNet-n (ONNX Runtime)", "YuNet-n (OpenCV)"]


def test_peers_need_what_runs_them(monkeypatch):
    for name in [
        name for name in sys.modules if name.startswith(("measure.peers", "measure.timing"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tqdm", None)

    with pytest.raises(ImportError, match=r"pip install '\.\[evaluate,dev\]'"):
        import_peers()


def test_files_of_others_are_verified_and_presets_are_not(
    fixed_tflite_content, tmp_path, monkeypatch
):
    path = tmp_path / "fixed.tflite"
    path.write_bytes(fixed_tflite_content)
    verified = []
    monkeypatch.setattr(litert, "verify", lambda content, source: verified.append(source))

    for model in (str(path), "fbi-half"):
        Contestant(model, model).load(1, (64, 96))

    assert verified == [str(path)]
