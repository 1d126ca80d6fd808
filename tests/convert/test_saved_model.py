"""convert.saved_model: SavedModels for servers."""

import json
import os
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import cv2
import numpy as np
import pytest
import tensorflow as tf

from convert.graph import DetectionGraph
from convert.saved_model import atomic_folder, check_model_folder, save_graph
from tfface.predict.face_detector import FaceDetector
from tfface.predict.placement import LONG_SIDE
from tfface.predict.selection import Selection
from tfface.predict.suppression import MAX_DETECTIONS

LOAD_ELSEWHERE = """
import sys
from io import BytesIO
import numpy as np
import tensorflow as tf

model = tf.saved_model.load(sys.argv[1])
detect = model.signatures["serving_default"]
outputs = detect(images=tf.constant(np.load(sys.argv[2])))
again = detect(images=tf.constant(np.load(sys.argv[2])))
for name in outputs:
    np.testing.assert_array_equal(outputs[name], again[name])
assert not {"tfface", "convert"} & set(sys.modules)
np.savez(sys.argv[3], **outputs)
"""


THRESHOLD = 0.0215
"""No score of the picture is so near that rounding could decide."""


@pytest.fixture(scope="module")
def folder(detector, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved_model")
    save_graph(DetectionGraph(detector, Selection(THRESHOLD)), {"name": "small"}, folder)
    return folder


@pytest.fixture(scope="module")
def model(folder):
    return tf.saved_model.load(str(folder))


@pytest.fixture(scope="module")
def detect(model):
    function = model.signatures["serving_default"]
    return lambda images: {name: value.numpy() for name, value in function(images=images).items()}


def test_what_autograph_writes_does_not_outlive_the_workspace(monkeypatch, tmp_path):
    (tmp_path / "temporary").mkdir()
    (tmp_path / "workspace" / "new").mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    written = []

    def save(*_, **__):
        with tempfile.NamedTemporaryFile(delete=False) as file:  # as AutoGraph does
            written.append(Path(file.name))

    monkeypatch.setattr(tf.saved_model, "save", save)
    graph = SimpleNamespace(signatures=dict)
    save_graph(cast(Any, graph), {"name": "small"}, tmp_path / "workspace" / "new")

    assert written[0].is_relative_to(tmp_path / "workspace")
    assert [path.name for path in (tmp_path / "workspace").iterdir()] == ["new"]
    assert tempfile.tempdir == str(tmp_path / "temporary")


def test_a_batch_with_and_without_faces(detector, detect, picture):
    black = np.zeros_like(picture)

    outputs = detect(np.stack([picture, black, picture]))

    assert {name: value.shape for name, value in outputs.items()} == {
        "boxes": (3, MAX_DETECTIONS, 4),
        "scores": (3, MAX_DETECTIONS),
        "count": (3,),
    }
    boxes, scores = detector.predict_boxes(picture, THRESHOLD, 0.3, 1000)
    assert outputs["count"][0] == outputs["count"][2] == len(scores) > 0
    assert outputs["count"][1] != outputs["count"][0]
    for index in (0, 2):
        np.testing.assert_allclose(outputs["scores"][index, : len(scores)], scores, atol=1e-5)
        boxes = np.clip(boxes, 0, [160, 128, 160, 128])
        np.testing.assert_allclose(outputs["boxes"][index, : len(boxes)], boxes, atol=1e-2)
    assert not outputs["boxes"][0, len(scores) :].any()
    assert not outputs["scores"][0, len(scores) :].any()


@pytest.mark.parametrize("size", [(1, 1), (33, 50), (256, 64)])
def test_other_sizes(detect, size):
    outputs = detect(np.zeros((2, *size, 3), np.uint8))

    assert outputs["boxes"].shape == (2, MAX_DETECTIONS, 4)
    assert (outputs["boxes"] <= [size[1], size[0]] * 2).all()


def test_loads_without_tfface_and_the_second_call_equals_the_first(
    folder, detect, picture, tmp_path
):
    np.save(tmp_path / "images.npy", picture[None])
    arguments = [str(folder), str(tmp_path / "images.npy"), str(tmp_path / "outputs.npz")]

    # In an empty folder: the checkout must not be on the path.
    process = subprocess.run(
        [sys.executable, "-c", LOAD_ELSEWHERE, *arguments],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )

    assert process.returncode == 0, process.stderr
    elsewhere = np.load(tmp_path / "outputs.npz")
    for name, value in detect(picture[None]).items():
        np.testing.assert_allclose(elsewhere[name], value, atol=1e-5)


def test_bytes_of_files_of_any_kind_and_size(model, detect, picture):
    small = np.ascontiguousarray(picture[:64, :96])
    files = [
        tf.io.encode_png(picture).numpy(),
        tf.io.encode_png(small).numpy(),
        tf.io.encode_jpeg(picture[..., :1], format="grayscale").numpy(),
    ]

    outputs = model.signatures["detect_encoded"](encoded=tf.constant(files))

    for index, image in enumerate((picture, small)):
        for name, value in detect(image[None]).items():
            np.testing.assert_allclose(outputs[name][index], value[0], atol=1e-4)
    assert outputs["boxes"].shape == (3, MAX_DETECTIONS, 4)


def test_large_files_are_reduced_as_python_does(model, detector, picture):
    # Twice the long side of the search: every 2x2 pixels become one again.
    wide = np.tile(picture, (1, -(-LONG_SIDE // picture.shape[1]), 1))[:, :LONG_SIDE]
    image = wide.repeat(2, axis=0).repeat(2, axis=1)

    outputs = model.signatures["detect_encoded"](
        encoded=tf.constant([tf.io.encode_png(image).numpy()])
    )

    expected = FaceDetector.from_model(detector).detect(image, THRESHOLD)
    assert outputs["count"][0] == len(expected) > 0
    boxes = outputs["boxes"][0, : len(expected)]
    np.testing.assert_allclose(boxes, expected.boxes, atol=0.1)


def test_a_file_is_turned_as_exif_says(model, detect, picture, with_orientation):
    jpeg = tf.io.encode_jpeg(picture).numpy()
    upright = np.rot90(tf.io.decode_image(jpeg), -1)  # 6: to be turned clockwise

    files = [with_orientation(jpeg, 6), jpeg]
    outputs = model.signatures["detect_encoded"](encoded=tf.constant(files))

    for name, value in detect(upright[None]).items():
        np.testing.assert_allclose(outputs[name][0], value[0], atol=1e-4)


def test_webp_with_an_alpha_channel_and_without(model, detect, picture):
    opaque = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    files = [
        cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()  # lossless
        for image in (picture[..., ::-1], cv2.cvtColor(opaque, cv2.COLOR_RGBA2BGRA))
    ]

    outputs = model.signatures["detect_encoded"](encoded=tf.constant(files))

    for name, value in detect(picture[None]).items():
        for index in range(2):
            np.testing.assert_allclose(outputs[name][index], value[0], atol=1e-4)


def test_bmp_with_a_palette(model, detect, picture):
    pillow = pytest.importorskip("PIL.Image", reason="writes such files")
    paletted, file = pillow.fromarray(picture).quantize(256), BytesIO()
    paletted.save(file, "BMP")

    outputs = model.signatures["detect_encoded"](encoded=tf.constant([file.getvalue()]))

    for name, value in detect(np.array(paletted.convert("RGB"))[None]).items():
        np.testing.assert_allclose(outputs[name][0], value[0], atol=1e-4)


@pytest.mark.parametrize("shape", [(0, 64, 64, 3), (1, 0, 0, 3)])
def test_no_picture_and_one_without_pixels_are_refused(model, shape):
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected one picture or more"):
        model.signatures["serving_default"](images=tf.zeros(shape, tf.uint8))


def test_bytes_that_are_no_picture(model):
    with pytest.raises(tf.errors.InvalidArgumentError, match="Unknown image file format"):
        model.signatures["detect_encoded"](encoded=tf.constant([b"no picture"]))


def test_all_boxes_with_their_scores(model, detector, picture):
    outputs = model.signatures["candidates"](images=tf.constant(picture[None]))

    scores = tf.sigmoid(detector(picture[None], training=False)["scores"])
    np.testing.assert_allclose(outputs["scores"], scores, atol=1e-5)
    assert outputs["boxes"].shape == (*scores.shape, 4)


def test_a_fixed_size_is_in_the_signature(tiny_detector, tmp_path):
    graph = DetectionGraph(tiny_detector, Selection(max_detections=7), size=(64, 96))

    save_graph(graph, {}, tmp_path)

    signatures = tf.saved_model.load(str(tmp_path)).signatures
    assert sorted(signatures) == ["candidates", "serving_default"]
    function = signatures["serving_default"]
    assert function.structured_input_signature[1]["images"].shape.as_list() == [None, 64, 96, 3]
    assert function.structured_outputs["scores"].shape.as_list() == [None, 7]


@pytest.mark.parametrize("name", ["serving_default", "candidates"])
@pytest.mark.parametrize("shape", [(64, 64, 3), (64, 96, 1), (8, 96, 3), (64, 192, 3)])
def test_pictures_of_another_shape_are_refused(tiny_detector, tmp_path, name, shape):
    save_graph(DetectionGraph(tiny_detector, size=(64, 96)), {}, tmp_path)
    function = tf.saved_model.load(str(tmp_path)).signatures[name]

    with pytest.raises(tf.errors.InvalidArgumentError, match=r"expected shape \[\?,64,96,3\]"):
        function(images=tf.zeros((1, *shape), tf.uint8))


def test_the_folder_says_what_it_holds(folder):
    assert json.loads((folder / "assets.extra" / "tfface.json").read_text()) == {"name": "small"}


def test_a_folder_appears_when_it_is_whole(tmp_path):
    final = tmp_path / "models" / "1"

    with atomic_folder(final) as temporary:
        (temporary / "saved_model.pb").write_text("new")
        assert not final.exists()

    assert [path.name for path in final.iterdir()] == ["saved_model.pb"]
    assert [path.name for path in final.parent.iterdir()] == ["1"]


def test_a_saved_model_is_replaced_and_an_error_keeps_it(tmp_path):
    final = tmp_path / "1"
    for content in ("first", "second"):
        with atomic_folder(final) as temporary:
            (temporary / "saved_model.pb").write_text(content)

    with pytest.raises(ZeroDivisionError), atomic_folder(final) as temporary:
        (temporary / "saved_model.pb").write_text("third")
        raise ZeroDivisionError

    assert (final / "saved_model.pb").read_text() == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


def test_other_folders_and_files_are_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")

    for taken in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(FileExistsError, match="something else"), atomic_folder(taken):
            pass

    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_of_a_link_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "link").symlink_to("real")  # there is no such folder yet

    for content in ("one", "two"):
        with atomic_folder(tmp_path / "link") as folder:
            (folder / "saved_model.pb").write_text(content)

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "saved_model.pb").read_text() == "two"


def test_a_pipe_and_the_working_folder_are_left_alone(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    for path in (tmp_path / "pipe", Path(".")):
        with pytest.raises(FileExistsError, match="expected a new folder or that of a SavedModel"):
            check_model_folder(path)
    assert (tmp_path / "pipe").is_fifo()
