"""Brings the released weights of FaceBoxes into FB-1.

    python -m convert.import_faceboxes FaceBoxesProd.pth --output=fb-1.keras

The file is that of FaceBoxes.PyTorch by Zisian Wong and Shifeng Zhang (MIT licence). Its pickle is
read without running it, and PyTorch is not needed.
"""

import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfface.command_line import CommandParser, run_command
from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import numpy as np
    from numpy.typing import NDArray

    from convert.torch_file import read_tensors
    from tfface.detectors.faceboxes import FaceBoxes
    from tfface.detectors.loading import save_detector
    from tfface.layers.convolution import ConvBlock

Tensors = Mapping[str, NDArray[Any]]

EPSILON = 1e-5
"""Of batch normalisation in the released network."""

_BRANCHES = {
    "branch1x1": "projection",
    "branch1x1_2": "pool_projection",
    "branch3x3_reduce": "reduction_3x3",
    "branch3x3": "convolution_3x3",
    "branch3x3_reduce_2": "reduction_5x5",
    "branch3x3_2": "first_5x5",
    "branch3x3_3": "second_5x5",
}
"""Layers of an Inception block there and here."""

_POOLED_FIRST = np.r_[32:64, 0:32, 64:128]
"""Channels of an Inception block there, in the order that they have here: its first two branches
are exchanged."""


def build(tensors: Tensors) -> FaceBoxes:
    """FB-1 with these weights.

    Args:
        tensors: of the released network, by its names; kernels `(out, in, k, k)`.

    Raises:
        ValueError: those of another network.
    """
    detector = FaceBoxes()
    as_they_come = slice(None)
    blocks: list[tuple[str, ConvBlock, Any]] = [
        ("conv1", detector.conv1, slice(None, None, -1)),  # BGR there
        ("conv2", detector.conv2, as_they_come),
    ]
    for number, inception in enumerate(detector.inceptions, start=1):
        for theirs, ours in _BRANCHES.items():
            reads_inception = number > 1 and ours in (
                "projection",
                "pool_projection",
                "reduction_3x3",
                "reduction_5x5",
            )
            channels = _POOLED_FIRST if reads_inception else as_they_come
            blocks.append((f"inception{number}.{theirs}", getattr(inception, ours), channels))
    blocks += [
        ("conv3_1", detector.conv3_1, _POOLED_FIRST),
        ("conv3_2", detector.conv3_2, as_they_come),
        ("conv4_1", detector.conv4_1, as_they_come),
        ("conv4_2", detector.conv4_2, as_they_come),
    ]
    try:
        used = {name for block in blocks for name in _set_block(tensors, *block)}
        used |= {name for level in range(3) for name in _set_head(tensors, detector, level)}
    except (KeyError, IndexError) as error:
        raise ValueError(f"expected the weights of FaceBoxes, got none called {error}") from error
    spare = [name for name in tensors if name not in used and "num_batches" not in name]
    if spare:
        raise ValueError(f"expected the weights of FaceBoxes alone, got also {', '.join(spare)}")
    return detector


def _set_block(tensors: Tensors, name: str, block: ConvBlock, channels: Any) -> list[str]:
    """Sets kernel and normalisation; returns the names of the tensors that it took."""
    names = [f"{name}.conv.weight"]
    names += [f"{name}.bn.{part}" for part in ("weight", "bias", "running_mean", "running_var")]
    kernel, scale, shift, mean, variance = (tensors[name] for name in names)
    ours = block.normalization
    block.convolution.kernel.assign(kernel.transpose(2, 3, 1, 0)[:, :, channels])
    # So that the scale of inference is the same: gamma / sqrt(variance + epsilon).
    ours.gamma.assign(scale * np.sqrt((variance + ours.epsilon) / (variance + EPSILON)))
    ours.beta.assign(shift)
    ours.moving_mean.assign(mean)
    ours.moving_variance.assign(variance)
    return names


def _set_head(tensors: Tensors, detector: FaceBoxes, level: int) -> list[str]:
    """Sets a head, which predicts logits and offsets of an anchor side by side."""
    names = [f"{kind}.{level}.{part}" for kind in ("conf", "loc") for part in ("weight", "bias")]
    logits, logit_biases, offsets, offset_biases = (tensors[name] for name in names)
    head = detector.heads[level]
    channels = slice(None) if level else _POOLED_FIRST
    anchors = detector.anchor_levels[level].anchors_per_cell
    kernel = np.concatenate(
        [values.reshape(anchors, -1, *values.shape[1:]) for values in (logits, offsets)], axis=1
    )
    kernel = kernel.reshape(-1, *logits.shape[1:]).transpose(2, 3, 1, 0)
    head.kernel.assign(kernel[:, :, channels])
    biases = [values.reshape(anchors, -1) for values in (logit_biases, offset_biases)]
    head.bias.assign(np.concatenate(biases, axis=1).reshape(-1))
    return names


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    parser = CommandParser(
        prog="python -m convert.import_faceboxes", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("weights", type=Path, metavar="FILE.pth", help="FaceBoxesProd.pth")
    parser.add_argument("--output", type=Path, required=True, help=".keras file to write")
    return run_command(parser, run, arguments)


def run(options: Namespace) -> None:
    """Imports the weights as the options say.

    Raises:
        ValueError, OSError: other weights.
    """
    detector = build(read_tensors(options.weights))
    save_detector(detector, options.output)
    print(f"{options.output}: FB-1 with {detector.count_params():,} parameters")


if __name__ == "__main__":
    sys.exit(main())
