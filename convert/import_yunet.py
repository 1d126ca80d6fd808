"""Brings the released weights of YuNet into a Keras detector.

    python -m convert.import_yunet yunet_n.onnx --output=yunet-n.keras

The ONNX files are those of libfacedetection.train (BSD licence; OpenCV Zoo ships them under MIT).
They are read by the `onnx` package. The written detector is compared with ONNX Runtime first.
"""

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tfface.command_line import CommandParser, run_command
from tfface.predict.packages import optional_packages

with optional_packages("train,dev", __name__):
    import numpy as np
    import onnx
    import onnxruntime
    from keras import ops
    from onnx import numpy_helper

    from tfface.detectors.loading import save_detector
    from tfface.detectors.yunet import STRIDES, YuNet

TOLERANCE = 1e-4
"""Largest difference of a score, and of an offset in strides, from ONNX Runtime."""

_LANDMARK_HEADS = 2 * len(STRIDES)
"""Convolutions at the end of the file that predict landmarks."""


_WITHOUT_HEAD_UNITS = 1 + 2 * (1 + 2 * 5 + 3) + 2 * 3 * len(STRIDES)
"""Of the stem, of the units of stem, stages and pyramid, and of the other predictions."""


def read_convolutions(path: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Kernels `(out, in, k, k)` and biases of all convolutions, in the order of the file.

    Raises:
        ValueError: no ONNX file, or one without convolutions that have a bias.
    """
    try:
        graph = onnx.load(path).graph
    except Exception as error:  # protobuf's own, which are many
        raise ValueError(f"{path}: expected an ONNX file, got another: {error}") from error
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    found = []
    for node in graph.node:
        if node.op_type == "Conv":
            if len(node.input) != 3 or not set(node.input[1:]) <= set(tensors):
                raise ValueError(f"{path}: expected convolutions with kernel and bias")
            found.append((tensors[node.input[1]], tensors[node.input[2]]))
    return found


def build(convolutions: Sequence[tuple[np.ndarray, np.ndarray]]) -> YuNet:
    """The detector of these convolutions.

    Raises:
        ValueError: another network.
    """
    if len(convolutions) < _WITHOUT_HEAD_UNITS + _LANDMARK_HEADS:
        raise ValueError(f"expected the convolutions of YuNet, got {len(convolutions)}")
    pointwise = [kernel for kernel, _ in convolutions[1:] if kernel.shape[2:] == (1, 1)]
    if len(pointwise) < 11:
        raise ValueError("expected the convolutions of YuNet, got another network")
    channels = tuple(pointwise[index].shape[0] for index in (2, 4, 6, 8, 10))
    detector = YuNet(channels, head_units=_head_units(len(convolutions)))
    layers = list(_layers(detector))
    given = convolutions[: len(convolutions) - _LANDMARK_HEADS]
    if len(given) != len(layers):
        raise ValueError(f"expected {len(layers)} convolutions of YuNet, got {len(given)}")
    for layer, (kernel, bias) in zip(layers, given, strict=True):
        depthwise = "depthwise" in layer.name
        kernel = kernel.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))
        if layer is detector.stem:
            kernel = kernel[:, :, ::-1]  # the files take BGR
        if [kernel.shape, bias.shape] != [weight.shape for weight in layer.weights]:
            raise ValueError(
                f"expected the convolutions of YuNet, got another network: {kernel.shape} where "
                f"{layer.name} has {layer.weights[0].shape}"
            )
        layer.set_weights([kernel, bias])
    for head in detector.offset_heads:
        # There centres count from the corner of a cell, here from its middle.
        head.depthwise.bias.assign(head.depthwise.bias - np.array([0.5, 0.5, 0, 0], np.float32))
    return detector


def _head_units(convolutions: int) -> int:
    left = convolutions - _WITHOUT_HEAD_UNITS - _LANDMARK_HEADS
    return left // (2 * len(STRIDES))


def _layers(detector: YuNet) -> Iterator[Any]:
    """The convolutions of the detector in the order of the file."""
    yield detector.stem
    units = [detector.stem_unit, *(unit for stage in detector.stages for unit in stage)]
    units += reversed(detector.pyramid)
    units += [unit for stem in detector.head_stems for unit in stem]
    units += [*detector.score_heads, *detector.offset_heads, *detector.objectness_heads]
    for unit in units:
        yield unit.pointwise
        yield unit.depthwise


def largest_difference(detector: YuNet, path: Path) -> float:
    """From ONNX Runtime, of scores and of offsets in strides, on noise."""
    image = np.random.default_rng(0).integers(0, 256, (1, 192, 160, 3)).astype(np.float32)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [f"{kind}_{stride}" for kind in ("cls", "obj", "bbox") for stride in STRIDES]
    values = session.run(names, {"input": image[..., ::-1].transpose(0, 3, 1, 2).copy()})
    classes, objectness, boxes = (np.concatenate(values[at : at + 3], axis=1) for at in (0, 3, 6))
    outputs = detector(image)
    scores = ops.convert_to_numpy(ops.sigmoid(outputs["scores"]))[..., None]
    offsets = ops.convert_to_numpy(outputs["offsets"]) + np.array([0.5, 0.5, 0, 0], np.float32)
    return max(
        float(np.abs(scores - np.sqrt(classes * objectness)).max()),
        float(np.abs(offsets - boxes).max()),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    parser = CommandParser(
        prog="python -m convert.import_yunet", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("onnx", type=Path, help="yunet_n or yunet_s, the file of any input size")
    parser.add_argument("--output", type=Path, required=True, help=".keras file to write")
    return run_command(parser, run, arguments)


def run(options: Namespace) -> None:
    """Imports the weights as the options say.

    Raises:
        ValueError, OSError: other weights, or a detector that does not give what ONNX Runtime does.
    """
    detector = build(read_convolutions(options.onnx))
    difference = largest_difference(detector, options.onnx)
    if not difference <= TOLERANCE:
        raise ValueError(
            f"expected a difference from ONNX Runtime of {TOLERANCE} at most, got {difference}"
        )
    save_detector(detector, options.output)
    print(f"{options.output}: as ONNX Runtime to {difference:.1e}")


if __name__ == "__main__":
    sys.exit(main())
