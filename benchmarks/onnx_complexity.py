"""Multiply-adds and parameters of another project's network, counted as those of tfface are.

python -m benchmarks.onnx_complexity yunet_n_dynamic.onnx --size 640x480
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tfface.predict.packages import optional_packages

with optional_packages("dev", __name__):
    import numpy as np
    import onnx

    from tfface.command_line import CommandParser, run_command
    from tfface.command_options import width_by_height


def count_onnx(path: Path, height: int = 480, width: int = 640) -> tuple[int, int]:
    """Multiply-adds of all convolutions for one picture, and their parameters with biases.

    Args:
        path: ONNX file with one input, `(B, 3, H, W)`.
        height, width: of the picture, in pixels.

    Raises:
        ValueError: the output shape of a convolution does not follow from that of the picture.
    """
    model = onnx.load(path)
    sides = model.graph.input[0].type.tensor_type.shape.dim
    for side, length in zip(sides, (1, 3, height, width), strict=True):
        side.dim_value = length
    for output in model.graph.output:  # What is noted there may be for another size.
        output.type.tensor_type.ClearField("shape")
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    arrays = {array.name: tuple(array.dims) for array in graph.initializer}
    shapes = {
        value.name: tuple(side.dim_value for side in value.type.tensor_type.shape.dim)
        for value in (*graph.value_info, *graph.output)
    }
    multiply_adds = parameters = 0
    for node in graph.node:
        if node.op_type == "Conv":
            shape = shapes.get(node.output[0], ())
            if len(shape) != 4 or 0 in shape[1:]:  # The number of pictures does not matter.
                raise ValueError(
                    f"{path}: expected a fixed output shape of convolution {node.name!r} for a "
                    f"picture of {width}x{height}, got {shape}"
                )
            multiply_adds += int(np.prod(arrays[node.input[1]])) * shape[2] * shape[3]
            parameters += sum(int(np.prod(arrays[name])) for name in node.input[1:])
    return multiply_adds, parameters


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    parser = CommandParser(
        prog="python -m benchmarks.onnx_complexity", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--size", type=width_by_height, default="640x480", help="WIDTHxHEIGHT of the picture"
    )
    return run_command(parser, _run, arguments)


def _run(options: argparse.Namespace) -> None:
    height, width = options.size
    multiply_adds, parameters = count_onnx(options.file, height, width)
    print(f"{multiply_adds / 1e6:.1f} M multiply-adds, {parameters:,} parameters")


if __name__ == "__main__":
    sys.exit(main())
