import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from benchmarks.onnx_complexity import count_onnx, main


@pytest.fixture
def two_convolutions(tmp_path):
    """3x3 stride 2 from 3 to 8 channels with bias, then 3x3 depthwise without; any input size."""
    dense = np.zeros((8, 3, 3, 3), np.float32)
    depthwise = np.zeros((8, 1, 3, 3), np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["x", "dense", "bias"], ["y"], pads=[1] * 4, strides=[2, 2]),
            helper.make_node("Relu", ["y"], ["r"]),
            helper.make_node("Conv", ["r", "depthwise"], ["z"], pads=[1] * 4, group=8),
        ],
        "two",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3, "height", "width"])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, [1, 8, 160, 160])],
        [
            numpy_helper.from_array(dense, "dense"),
            numpy_helper.from_array(np.zeros(8, np.float32), "bias"),
            numpy_helper.from_array(depthwise, "depthwise"),
        ],
    )
    path = tmp_path / "two.onnx"
    onnx.save(helper.make_model(graph), path)
    return path


def test_counts_kernel_elements_times_output_positions(two_convolutions):
    # 64x48 becomes 32x24 = 768 positions; (8*3*3*3 + 8*3*3) * 768 = 288 * 768.
    # Parameters: 216 and 8 of the bias, 72.
    assert count_onnx(two_convolutions, height=48, width=64) == (221_184, 296)


def test_the_size_that_the_file_was_made_for_does_not_matter(two_convolutions):
    larger, _ = count_onnx(two_convolutions, height=96, width=128)
    assert larger == 4 * 221_184


def test_a_file_that_is_not_there_is_one_line(tmp_path, capsys):
    assert main([str(tmp_path / "no.onnx")]) == 1

    assert capsys.readouterr().err == f"error: {tmp_path / 'no.onnx'}: No such file or directory\n"
