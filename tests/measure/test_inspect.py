"""measure.inspect: what is in a TFLite file, and how much of it XNNPACK runs."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.tools import flatbuffer_utils

from measure.anatomy import inspect_content, shape_at
from measure.inspect import main
from tfface.predict.runtime import ModelError
from tfface.presets import PRESETS


def numbers(*shape):
    """Weights that equal no others: TFLite stores equal constants once."""
    return np.random.default_rng(int(np.prod(shape))).normal(size=shape).astype(np.float32)


def two_pieces(pixels):
    """Two pieces for XNNPACK, which has no cumulative sum, with one between them."""
    maps = tf.nn.conv2d(pixels, numbers(3, 3, 3, 8), 2, "SAME") + numbers(8)
    maps = tf.nn.depthwise_conv2d(maps, numbers(3, 3, 8, 1), [1] * 4, "SAME") + 2 * numbers(8)
    maps = tf.cumsum(maps, axis=1)
    maps = tf.nn.conv2d(maps, numbers(1, 1, 8, 2), 1, "SAME") + numbers(2)
    return {"scores": tf.reduce_mean(maps, axis=[1, 2]) @ numbers(2, 4) + numbers(4)}


@pytest.fixture(scope="module")
def content(export_tflite):
    return export_tflite(two_pieces, (1, None, None, 3), "float32")


@pytest.fixture
def file(content, tmp_path):
    path = tmp_path / "two.tflite"
    path.write_bytes(content)
    return path


@pytest.fixture(scope="module")
def report(content):
    return inspect_content(content, "two.tflite", (48, 64))


def test_multiply_adds_of_a_small_graph(report):
    # 48x64 becomes 24x32 = 768 positions, the mean of them 1.
    # Convolutions: 3*3*3*8 = 216 and 8*2 = 16, 232 * 768. Depthwise: 3*3*8 = 72, times 768.
    assert report["multiply_adds"] == {
        "CONV_2D": 178_176,
        "DEPTHWISE_CONV_2D": 55_296,
        "FULLY_CONNECTED": 8,
    }


def test_multiply_adds_follow_the_size(content):
    # Odd sides are rounded up: 7x9 becomes 4x5 = 20 positions.
    report = inspect_content(content, "two.tflite", (7, 9))

    assert report["multiply_adds"]["CONV_2D"] == 232 * 20


def test_pieces_that_xnnpack_runs_and_what_falls_between(report):
    assert report["delegation"] == {
        "partitions": [2, 3],
        "delegated": {"CONV_2D": 2, "DEPTHWISE_CONV_2D": 1, "MEAN": 1, "FULLY_CONNECTED": 1},
        "not_delegated": {"CUMSUM": 1},
    }
    assert report["operators"] == {**report["delegation"]["delegated"], "CUMSUM": 1}
    assert report["further_graphs"] == 0


def test_bytes_of_the_file_and_of_its_weights(report, content):
    # 216 + 72 + 16 + 8 weights, biases 8 + 8 + 2 + 4: 334 of 4 bytes.
    assert report["bytes"] == len(content)
    assert report["weights"]["float32"] == 1336


def test_inputs_and_outputs_by_signature(report):
    assert report["signatures"] == {
        "serving_default": {
            "inputs": [
                {
                    "name": "pixels",
                    "type": "float32",
                    "shape": [1, -1, -1, 3],
                    "quantization": None,
                }
            ],
            "outputs": [
                {"name": "scores", "type": "float32", "shape": [1, 4], "quantization": None}
            ],
        }
    }
    assert report["metadata"] is None


@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs were expected")  # TF 2.21
def test_scale_and_zero_point_of_a_file_in_integers():
    module = tf.Module()
    module.relu = tf.function(
        tf.nn.relu, input_signature=[tf.TensorSpec((1, 4, 4, 3), tf.float32, "pixels")]
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [module.relu.get_concrete_function()], module
    )
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    ramp = np.linspace(0, 255, 48, dtype=np.float32).reshape(1, 4, 4, 3)
    converter.representative_dataset = lambda: [[ramp]]
    converter.inference_input_type = tf.int8

    report = inspect_content(converter.convert(), "relu.tflite")

    # The 256 steps of int8 over 0..255: 1 each, and -128 stands for 0.
    (pixels,) = report["signatures"]["serving_default"]["inputs"]
    assert pixels["type"] == "int8"
    assert pixels["quantization"] == {"scales": [1.0], "zero_points": [-128]}
    assert report["size"] is None
    assert report["multiply_adds"] == {}


def test_a_file_without_signatures_has_the_names_of_its_tensors(content):
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    model.signatureDefs = None
    bare = bytes(flatbuffer_utils.convert_object_to_bytearray(model))

    (signature,) = inspect_content(bare, "bare.tflite")["signatures"].items()

    name, tensors = signature
    assert name == ""
    assert [entry["name"] for entry in tensors["inputs"]] == ["serving_default_pixels:0"]


def test_our_files_say_what_they_are():
    report = inspect_content(PRESETS["fbi-half"].read(), "fbi-half")

    assert report["metadata"]["detector"] == "FaceBoxesImproved"
    assert report["size"] == (480, 640)
    assert report["delegation"]["not_delegated"]["NON_MAX_SUPPRESSION_V4"] == 1


@pytest.mark.parametrize(
    ("shape", "filled"),
    [
        ([1, -1, -1, 3], [1, 480, 640, 3]),
        ([-1, 3, -1, -1], [1, 3, 480, 640]),
        ([-1, 128, 128, 3], [1, 128, 128, 3]),
        ([-1], [1]),
        ([], []),
    ],
)
def test_free_axes_are_one_picture_of_the_size(shape, filled):
    assert shape_at(shape, (480, 640)) == filled


def test_other_free_axes_have_no_size():
    with pytest.raises(ValueError, match=r"height and width fixed, or both free, got \[1, -1, 8\]"):
        shape_at([1, -1, 8], (480, 640))


def test_a_file_of_one_size_takes_no_other(fixed_tflite_content):
    assert inspect_content(fixed_tflite_content, "fixed", (64, 96))["size"] is None
    with pytest.raises(
        ModelError, match=r"fixed shapes \[\[1, 64, 96, 3\]\], got 64x48; leave it out"
    ):
        inspect_content(fixed_tflite_content, "fixed", (48, 64))


def test_a_size_that_litert_cannot_run_is_named_as_it_was_given(content):
    with pytest.raises(ModelError, match="LiteRT cannot run it at 1000000000x48: .*overflow"):
        inspect_content(content, "file", (48, 1_000_000_000))  # height and width


def test_where_litert_gives_no_reason_that_is_said():
    content = PRESETS["fbi-half"].read("float32")

    with pytest.raises(ModelError, match="at 100000x90000: RuntimeError, which gives no reason"):
        inspect_content(content, "fbi-half", (90_000, 100_000))


def test_prints_json(file, capsys):
    assert main([str(file), "--size", "48x64", "--json"]) == 0

    report = json.loads(capsys.readouterr().out)
    assert report["file"] == str(file)
    assert report["size"] == [64, 48]
    assert report["multiply_adds"]["DEPTHWISE_CONV_2D"] == 55_296


def test_prints_a_table(file, capsys):
    assert main([str(file), "--size", "48x64"]) == 0

    output = capsys.readouterr().out
    assert "input   pixels                   float32  1x?x?x3" in output
    assert "233,480 multiply-adds (CONV_2D 178,176, " in output
    assert "6 operators, 5 of them in XNNPACK, partitions: 2 [2, 3]" in output
    assert "CUMSUM                          1                 1" in output


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda whole: b"", "with b'TFL3' at byte 4, got an empty file; download it again"),
        (lambda whole: b"PK\3\4" * 9, r"at byte 4, got 36 bytes with b'PK\x03\x04' there"),
        (lambda whole: whole[: len(whole) // 2], "expected a whole TFLite file, got"),
        (
            lambda whole: whole.replace(b"_pixels", b"\xff" * 7),
            "with a damaged table ('utf-8' codec",
        ),
    ],
    ids=["empty", "foreign", "cut short", "a name that is no text"],
)
def test_files_that_are_no_whole_tflite_files(content, tmp_path, capsys, damage, message):
    path = tmp_path / "damaged.tflite"
    path.write_bytes(damage(content))

    assert main([str(path)]) == 1

    error = capsys.readouterr().err
    assert error.startswith(f"error: {path}: expected a ")
    assert message in error


def test_no_file_there(tmp_path, capsys):
    assert main([str(tmp_path / "missing.tflite")]) == 1
    assert "the path of a TFLite file, got no such file" in capsys.readouterr().err
    assert main([str(tmp_path)]) == 1
    assert "got a folder" in capsys.readouterr().err


@pytest.mark.parametrize("size", ["", "480", "480x", "0x640", "480X640", "480x640x3"])
def test_what_is_no_size(file, capsys, size):
    with pytest.raises(SystemExit) as exit_:
        main([str(file), f"--size={size}"])

    assert exit_.value.code == 2
    assert (
        f"expected a size such as 640x480 (width x height), got '{size}'" in capsys.readouterr().err
    )


def test_needs_neither_tensorflow_nor_keras():
    modules = "import measure.inspect, measure.anatomy, sys; print(*sys.modules)"
    process = subprocess.run([sys.executable, "-c", modules], capture_output=True, text=True)

    assert process.returncode == 0, process.stderr
    assert {"tensorflow", "keras"} & set(process.stdout.split()) == set()
