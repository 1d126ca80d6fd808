"""How each peer prepares a picture and reads what its network says, worked out by hand."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from measure.peers import blazeface, centerface, onnx_session, scrfd, ultra_light, yunet
from measure.peers.blazeface import blend
from measure.peers.onnx_session import open_session
from measure.peers.suppression import suppress

ANY = Path("not read")


class FakeSession:
    """An ONNX Runtime session that always answers the same, and keeps what it was given."""

    def __init__(self, shape, outputs):
        self.shape, self.outputs = shape, outputs

    def get_inputs(self):
        return [SimpleNamespace(name="images", shape=self.shape)]

    def get_outputs(self):
        return [SimpleNamespace(name=name) for name in self.outputs]

    def run(self, names, inputs):
        (self.given,) = inputs.values()
        return [self.outputs[name] for name in names]


@pytest.fixture
def session_of(monkeypatch):
    """`session_of(module, session)`: the peer of a module gets that session."""

    def install(module, session):
        monkeypatch.setattr(module, "open_session", lambda *_: session)
        return session

    return install


def test_yunet(session_of):
    # 64x32 pixels: 4x8 cells of stride 8, 2x4 of 16, 1x2 of 32.
    maps = {}
    for stride, cells in ((8, 32), (16, 8), (32, 2)):
        for kind, channels in (("cls", 1), ("obj", 1), ("bbox", 4)):
            maps[f"{kind}_{stride}"] = np.zeros((1, cells, channels), np.float32)
    # Row 1, column 2 of stride 16: cls 0.9 and obj 0.4, so a score of sqrt(0.36).
    maps["cls_16"][0, 6], maps["obj_16"][0, 6] = 0.9, 0.4
    maps["bbox_16"][0, 6] = (0.5, 0.25, 0, np.log(2))
    session = session_of(yunet, FakeSession((1, 3, None, None), maps))
    image = np.zeros((30, 64, 3), np.uint8)
    image[0, 0] = (1, 2, 3)

    boxes, scores = yunet.YuNet(ANY, 1).detect(image, 0.3)

    # Centre (2 + 0.5, 1 + 0.25) x 16 = (40, 20); width exp(0) x 16, height 2 x 16.
    np.testing.assert_allclose(boxes, [[32, 4, 48, 36]], rtol=1e-5)
    np.testing.assert_allclose(scores, [0.6], rtol=1e-5)
    # BGR, and two black rows below.
    assert session.given.shape == (1, 3, 32, 64)
    assert session.given[0, :, 0, 0].tolist() == [3, 2, 1]


def test_scrfd(session_of):
    # An input of 32x32: 4x4 cells of stride 8, 2x2 of 16, one of 32, two anchors at each.
    outputs = {
        f"score_{s}": np.zeros((1, 2 * n, 1), np.float32) for s, n in ((8, 16), (16, 4), (32, 1))
    }
    outputs |= {
        f"box_{s}": np.zeros((1, 2 * n, 4), np.float32) for s, n in ((8, 16), (16, 4), (32, 1))
    }
    # The second anchor of row 0, column 1 of stride 16.
    outputs["score_16"][0, 3] = 0.75
    outputs["box_16"][0, 3] = (0.5, 0.25, 0.5, 0.75)
    session = session_of(onnx_session, FakeSession((1, 3, 32, 32), outputs))

    boxes, scores = scrfd.SCRFD(ANY, 1).detect(np.full((32, 64, 3), 255, np.uint8), 0.5)

    # At (16, 0): 8 to the left, 4 up, 8 to the right, 12 down; the picture is twice as large.
    np.testing.assert_allclose(boxes, [[16, -8, 48, 24]])
    np.testing.assert_allclose(scores, [0.75])
    # 32x16 pixels of white, (255 - 127.5) / 128, above 16 rows of black.
    np.testing.assert_allclose(session.given[0, 0, :, 0], [127.5 / 128] * 16 + [-127.5 / 128] * 16)


def test_ultra_light(session_of):
    scores = np.array([[[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]], np.float32)
    boxes = np.array([[[0, 0, 1, 1], [0.25, 0.5, 0.5, 1], [0.25, 0.5, 0.5, 0.9]]], np.float32)
    session = session_of(
        onnx_session, FakeSession((1, 3, 24, 32), {"scores": scores, "boxes": boxes})
    )
    image = np.zeros((40, 80, 3), np.uint8)
    image[..., 0] = 255

    found, confidences = ultra_light.UltraLight(ANY, 1).detect(image, 0.5)

    # Parts of the picture, in each direction; the third box is on the second.
    np.testing.assert_allclose(found, [[20, 20, 40, 40]])
    np.testing.assert_allclose(confidences, [0.8])
    # RGB, stretched.
    assert session.given.shape == (1, 3, 24, 32)
    np.testing.assert_allclose(session.given[0, :, 0, 0], [1, -127 / 128, -127 / 128])


def test_centerface(session_of, monkeypatch):
    # 50x20 pixels are stretched to 64x32: 16x8 cells of stride 4.
    heat, size, offset = (np.zeros((1, n, 8, 16), np.float32) for n in (1, 2, 2))
    heat[0, 0, 3, 5] = 0.5
    size[0, :, 3, 5] = np.log([4, 2])  # height, width
    offset[0, :, 3, 5] = (0.5, 0.25)  # y, x
    session = session_of(
        centerface, FakeSession((1, 3, 32, 64), {"537": heat, "538": size, "539": offset})
    )
    monkeypatch.setattr(centerface, "_of_any_size", lambda path: b"")
    image = np.zeros((20, 50, 3), np.uint8)
    image[..., 0] = 200

    boxes, scores = centerface.CenterFace(ANY, 1).detect(image, 0.2)

    # Centre ((5 + 0.25 + 0.5) x 4, (3 + 0.5 + 0.5) x 4) = (23, 16), 8 wide and 16 high: 19..27 by
    # 8..24, of which the picture has 50 / 64 and 20 / 32.
    np.testing.assert_allclose(boxes, [[19 * 50 / 64, 5, 27 * 50 / 64, 15]], rtol=1e-5)
    np.testing.assert_allclose(scores, [0.5])
    # RGB from 0 to 255.
    assert session.given.shape == (1, 3, 32, 64)
    assert session.given[0, :, 0, 0].tolist() == [200, 0, 0]


class FakeInterpreter:
    """LiteRT with an input of 16x16 and anchors every 8 pixels, two in a cell."""

    def __init__(self):
        self.boxes, self.logits = np.zeros((1, 8, 16), np.float32), np.full((1, 8, 1), -200.0)

    def allocate_tensors(self):
        pass

    def invoke(self):
        pass

    def get_input_details(self):
        return [{"index": 0, "shape": np.array([1, 16, 16, 3])}]

    def get_output_details(self):
        shapes = {1: self.boxes.shape, 2: self.logits.shape}
        return [{"index": index, "shape": np.array(shape)} for index, shape in shapes.items()]

    def set_tensor(self, index, pixels):
        self.given = pixels

    def get_tensor(self, index):
        return {1: self.boxes, 2: self.logits}[index]


def test_blazeface(monkeypatch, tmp_path):
    interpreter = FakeInterpreter()
    # The first anchor of row 1, column 0: place (4, 12).
    interpreter.logits[0, 4] = 0.0
    interpreter.boxes[0, 4, :4] = (1, -2, 4, 6)
    monkeypatch.setattr(blazeface, "load_interpreter", lambda *_, **__: interpreter)
    (tmp_path / "x.tflite").touch()
    peer = blazeface.BlazeFace(tmp_path / "x.tflite", 1, {8: 2})

    boxes, scores = peer.detect(np.full((16, 32, 3), 255, np.uint8), 0.3)

    # Centre (5, 10), 4x6: 3..7 by 7..13. The picture is 16x8, below 4 rows of black: less 4 in y,
    # and twice as large.
    np.testing.assert_allclose(boxes, [[6, 6, 14, 18]])
    np.testing.assert_allclose(scores, [0.5])
    rows = interpreter.given[0, :, 8, 0]
    np.testing.assert_allclose(rows, [-1] * 4 + [1] * 8 + [-1] * 4)


def test_boxes_that_overlap_are_blended():
    boxes = np.array([[0, 0, 10, 10], [50, 50, 60, 60], [0, 0, 10, 14]], np.float32)

    blended, scores = blend(boxes, np.array([0.6, 0.7, 0.2], np.float32), 0.3)

    # The first and the last overlap by 100 / 140; heights (0.6 x 10 + 0.2 x 14) / 0.8 = 11.
    np.testing.assert_allclose(blended, [[50, 50, 60, 60], [0, 0, 10, 11]], rtol=1e-6)
    np.testing.assert_allclose(scores, [0.7, 0.6])


@pytest.mark.parametrize("combine", [blend, suppress])
def test_no_boxes_stay_no_boxes(combine):
    boxes, scores = combine(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), 0.3)

    assert (boxes.shape, scores.shape) == ((0, 4), (0,))


def test_the_best_of_boxes_that_overlap():
    boxes = np.array([[0, 0, 10, 10], [50, 50, 60, 60], [0, 0, 10, 14]], np.float32)

    kept, scores = suppress(boxes, np.array([0.6, 0.7, 0.2], np.float32), 0.3)

    np.testing.assert_array_equal(kept, [[50, 50, 60, 60], [0, 0, 10, 10]])
    np.testing.assert_allclose(scores, [0.7, 0.6])


def test_files_that_are_no_onnx(tmp_path):
    pytest.importorskip("onnxruntime")
    with pytest.raises(FileNotFoundError, match="expected an ONNX file at"):
        open_session(tmp_path / "x.onnx", 1)
    (tmp_path / "x.onnx").write_bytes(b"no network")

    with pytest.raises(ValueError, match=r"x\.onnx, which ONNX Runtime refuses"):
        open_session(tmp_path / "x.onnx", 1)
