"""Layers, parameters and multiply-adds of the detectors: the tables of BUILD.md.

python -m benchmarks.complexity --detector FaceBoxesImproved --width 1 --size 640x480
"""

import sys
from argparse import Namespace
from collections.abc import Sequence
from contextlib import contextmanager
from unittest.mock import patch

from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import keras
    import numpy as np

    from tfface.backbones.resnet import ConvolutionUnit
    from tfface.command_line import CommandParser, run_command
    from tfface.command_options import width_by_height
    from tfface.detectors.base import Detector
    from tfface.detectors.options import constructor_options
    from tfface.detectors.registry import DETECTORS, detector_class


@contextmanager
def recorded_convolutions():
    """Notes every call of a convolution: (path of the layer, kernel shape, output shape)."""
    calls: list[tuple[str, tuple, tuple]] = []
    original_unit = ConvolutionUnit.call

    def note(layer, outputs):
        calls.append((layer.path, tuple(layer.kernel.shape), tuple(outputs.shape)))
        return outputs

    def noting(kind):
        original = kind.call
        return patch.object(
            kind, "call", lambda layer, inputs: note(layer, original(layer, inputs))
        )

    def call_unit(unit, inputs, training=None):
        before = len(calls)
        outputs = original_unit(unit, inputs, training=training)
        # In training a unit of a ResNet goes around its 1x1 layer.
        return outputs if len(calls) > before else note(unit.convolution, outputs)

    with (
        noting(keras.layers.Conv2D),
        noting(keras.layers.DepthwiseConv2D),
        patch.object(ConvolutionUnit, "call", call_unit),
    ):
        yield calls


def convolutions(detector: Detector, height: int = 480, width: int = 640) -> list[tuple]:
    """Path, kernel shape, output shape and multiply-adds of every convolution for one picture."""
    with recorded_convolutions() as calls:
        # In inference heads of two logits are taken apart, which is not by these layers.
        detector(np.zeros((1, height, width, 3), np.float32), training=True)
    return [
        (path, kernel, output, int(np.prod(kernel)) * output[1] * output[2])
        for path, kernel, output in calls
    ]


def count(detector: Detector, height: int = 480, width: int = 640) -> tuple[int, int]:
    """Multiply-adds of all convolutions for one picture, and trained parameters, in inference."""
    rows = convolutions(detector, height, width)
    of_inference = {id(variable) for variable in detector.inference_weights()}
    parameters = sum(
        int(np.prod(variable.shape))
        for variable in detector.trainable_variables
        if id(variable) in of_inference
    )
    return sum(multiply_adds for *_, multiply_adds in rows), parameters


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    parser = CommandParser(description="Layer table of a detector.")
    parser.add_argument(
        "--detector",
        default="FaceBoxesImproved",
        help=f"{', '.join(sorted(DETECTORS))}, or my.module:Name (default: %(default)s)",
    )
    parser.add_argument("--width", type=float, help="multiplier of the channels")
    parser.add_argument(
        "--size", type=width_by_height, default="640x480", help="WIDTHxHEIGHT of the picture"
    )
    return run_command(parser, run, arguments)


def run(options: Namespace) -> None:
    """Prints the table.

    Raises:
        ValueError: there is no such detector, or its channels have no multiplier.
    """
    height, width = options.size
    kind = detector_class(options.detector)
    names = [option.name for option in constructor_options(kind)]
    if options.width is not None and "width" not in names:
        raise ValueError(
            f"expected no --width, which {kind.__name__} does not have, got {options.width:g}; its "
            f"options are {', '.join(names)}"
        )
    detector = kind(**({} if options.width is None else {"width": options.width}))
    for path, kernel, output, multiply_adds in convolutions(detector, height, width):
        shape = "x".join(map(str, kernel))
        print(f"{path:70} {shape:>14} {output[1]:>4}x{output[2]:<4} {multiply_adds / 1e6:8.2f} M")
    multiply_adds, parameters = count(detector, height, width)
    print(f"{multiply_adds / 1e6:.1f} M multiply-adds, {parameters:,} parameters")


if __name__ == "__main__":
    sys.exit(main())
