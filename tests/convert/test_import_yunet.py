"""convert.import_yunet: weights from ONNX files, the same numbers."""

import os
from pathlib import Path

import pytest

from convert.import_yunet import main, read_convolutions
from tfface.detectors.loading import load_detector


@pytest.fixture
def peers() -> Path:
    if "TFFACE_PEERS" not in os.environ:
        pytest.skip("TFFACE_PEERS names no folder with the weights of YuNet")
    return Path(os.environ["TFFACE_PEERS"])


@pytest.mark.parametrize(
    ("file", "channels", "head_units"),
    [
        ("yunet_n_dynamic.onnx", (64, 64, 64, 64, 64), 1),
        ("yunet_s_dynamic.onnx", (32, 64, 64, 64, 64), 0),
    ],
)
def test_the_released_files(peers, tmp_path, capsys, file, channels, head_units) -> None:
    assert main([str(peers / file), f"--output={tmp_path / 'yunet.keras'}"]) == 0

    assert "as ONNX Runtime to" in capsys.readouterr().out
    detector = load_detector(tmp_path / "yunet.keras")
    assert (detector.channels, detector.head_units) == (channels, head_units)


def test_another_file(tmp_path, capsys) -> None:
    (tmp_path / "other.onnx").write_bytes(b"no protobuf")

    assert main([str(tmp_path / "other.onnx"), f"--output={tmp_path / 'x.keras'}"]) == 1

    assert "expected an ONNX file" in capsys.readouterr().err
    assert not (tmp_path / "x.keras").exists()


def test_an_onnx_file_of_another_network(tmp_path, capsys) -> None:
    import onnx

    graph = onnx.helper.make_graph([], "nothing", [], [])
    onnx.save(onnx.helper.make_model(graph), tmp_path / "nothing.onnx")
    assert read_convolutions(tmp_path / "nothing.onnx") == []

    assert main([str(tmp_path / "nothing.onnx"), f"--output={tmp_path / 'x.keras'}"]) == 1

    assert "expected the convolutions of YuNet, got 0" in capsys.readouterr().err


def test_an_onnx_file_of_other_convolutions(tmp_path, capsys) -> None:
    import numpy as np
    import onnx

    kernel = onnx.numpy_helper.from_array(np.zeros((8, 8, 1, 1), np.float32), "kernel")
    bias = onnx.numpy_helper.from_array(np.zeros(8, np.float32), "bias")
    nodes = [
        onnx.helper.make_node("Conv", ["x", "kernel", "bias"], [f"y{number}"])
        for number in range(77)
    ]
    graph = onnx.helper.make_graph(nodes, "others", [], [], [kernel, bias])
    onnx.save(onnx.helper.make_model(graph), tmp_path / "others.onnx")

    assert main([str(tmp_path / "others.onnx"), f"--output={tmp_path / 'x.keras'}"]) == 1

    error = capsys.readouterr().err
    assert "expected the convolutions of YuNet, got another network: (1, 1, 8, 8)" in error
