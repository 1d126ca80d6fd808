"""The first convolutions of a TFLite file over several columns at once, for processors with AMX.

XNNPACK's kernels for AMX multiply 64 input by 64 output channels, whatever a layer has: of three
channels and 16 filters hardly anything is used, and the first layer takes as long as all others.
Columns that lie side by side are channels that lie side by side, so eight columns of the picture
are one of 24 channels without a byte being moved, and a kernel that holds the first one at four
places, zeros between, gives the four columns of output that they lead to. The sums are the same,
and so is every bit of the output.
"""

import math
import platform
import struct
from collections.abc import Iterator, Sequence
from copy import copy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfface.predict.edited_file import EditedFile

TILE_CHANNELS = 64
"""Of the output, that are computed at once."""

COLOURS = 3


@cache
def has_amx() -> bool:
    """Whether this processor multiplies tiles of int8, as far as Linux tells."""
    try:
        return platform.machine() == "x86_64" and "amx_int8" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


def suit_processor(content: bytes) -> bytes:
    """A TFLite file as this processor runs it fastest, with the same outputs to the last bit.

    One that is damaged stays as it is, for LiteRT to judge.
    """
    if not has_amx():
        return content
    try:
        return fold_columns(content)
    except (ImportError, struct.error, ValueError, TypeError, AttributeError, LookupError):
        return content


def fold_columns(content: bytes) -> bytes:
    """A TFLite file whose first convolutions with strides read many columns at once.

    Args:
        content: as `convert.main` writes it.

    Returns:
        A file with the same outputs; `content` where its network does not begin with convolutions
        of int8 weights, strides and "same" padding, over a width that is a multiple of them.
    """
    if not _begins_foldable(content):
        return content
    file = _FoldedFile(content)
    convolutions = list(file.first_convolutions())
    filters = [file.kernel_of(each).shape[0] for each in convolutions]
    strides = [each.builtinOptions.strideW for each in convolutions]
    columns = columns_at_once(filters, strides)
    if columns == 1 or file.width_of_pictures(convolutions[0]) % columns:
        return content
    file.reshape_input(convolutions[0], columns)
    for convolution, stride in zip(convolutions, strides, strict=True):
        if columns > 1:
            file.fold(convolution, columns)
            columns //= stride
    return file.to_bytes()


def columns_at_once(filters: Sequence[int], strides: Sequence[int]) -> int:
    """How many columns of the picture are read at once: as many as a tile has room for.

    Args:
        filters: of convolutions that follow one another.
        strides: their steps in columns.

    Returns:
        The product of the first strides, so that the last of those convolutions gives one column.
    """
    columns = 1
    for end in range(1, len(strides) + 1):
        copies = [math.prod(strides[done:end]) for done in range(1, end)]
        if all(each * of_one <= TILE_CHANNELS for each, of_one in zip(copies, filters)):  # noqa: B905
            columns = math.prod(strides[:end])
    return columns


def fold_kernel(kernel: NDArray[np.int8], stride: int, columns: int) -> NDArray[np.int8]:
    """The kernel that reads `columns` columns as one and gives `columns / stride` as one.

    Args:
        kernel: `(filters, height, width, channels)` of a convolution with "same" padding, over a
            width that is a multiple of `columns`.
        stride: its step in columns, a divisor of `columns`.
        columns: of the input, that become one.

    Returns:
        `(columns / stride * filters, height, blocks, columns * channels)`, for "same" padding
        without a stride in columns.
    """
    filters, height, width, channels = kernel.shape
    before = max(width - stride, 0) // 2
    starts = [place * stride - before for place in range(columns // stride)]
    behind = (starts[-1] + width - 1) // columns
    # "Same" padding has as many blocks before as behind, or one less.
    ahead = max(-(starts[0] // columns), behind - 1)
    blocks = ahead + 1 + max(behind, ahead)
    folded = np.zeros((len(starts), filters, height, blocks * columns, channels), kernel.dtype)
    for of_one, start in zip(folded, starts, strict=True):
        first = ahead * columns + start
        of_one[:, :, first : first + width] = kernel
    return folded.reshape(len(starts) * filters, height, blocks, columns * channels)


def _begins_foldable(content: bytes) -> bool:
    """Whether the first convolution can be folded: in a hundredth of the time of `EditedFile`."""
    from ai_edge_litert import schema_py_generated as schema

    graph = schema.Model.GetRootAs(content, 0).Subgraphs(0)
    for index in range(graph.OperatorsLength()):
        operator = graph.Operators(index)
        if operator.BuiltinOptionsType() == schema.BuiltinOptions.Conv2DOptions:
            options, table = schema.Conv2DOptions(), operator.BuiltinOptions()
            options.Init(table.Bytes, table.Pos)
            is_int8 = graph.Tensors(operator.Inputs(1)).Type() == schema.TensorType.INT8
            is_same = options.Padding() == schema.Padding.SAME
            return is_int8 and is_same and options.StrideW() > 1
    return False


class _FoldedFile(EditedFile):
    """What is changed in a file."""

    def kernel_of(self, convolution: Any) -> NDArray[np.int8]:
        """`(filters, height, width, channels)`."""
        weights = convolution.inputs[1]
        return np.frombuffer(self.content_of(weights), np.int8).reshape(
            self.graph.tensors[weights].shape
        )

    def first_convolutions(self) -> Iterator[Any]:
        """That of the picture's colours, and those that follow it with nothing between."""
        operators = self.graph.operators
        found = [each for each in operators if self._channels(each) == COLOURS]
        while len(found) == 1 and self._channels(found[0]):
            yield found[0]
            (output,) = found[0].outputs
            found = [each for each in operators if output in each.inputs]

    def _channels(self, operator: Any) -> int:
        """Of the input of a convolution that can be folded; 0 of all else."""
        schema, options = self.schema, operator.builtinOptions
        if not self.is_a(operator, "CONV_2D") or len(operator.inputs) != 3:
            return 0
        pixels, kernel, _ = (self.graph.tensors[index] for index in operator.inputs)
        can_be_folded = (
            kernel.type == schema.TensorType.INT8
            and pixels.type in (schema.TensorType.INT8, schema.TensorType.FLOAT32)
            and options.padding == schema.Padding.SAME
            and options.strideW > 1
            and options.dilationWFactor == 1
        )
        return int(kernel.shape[3]) if can_be_folded else 0

    def width_of_pictures(self, convolution: Any) -> int:
        """As the network sees them; of a file for every size what it pads them to a multiple of."""
        before = self.graph.operators[: self.graph.operators.index(convolution)]
        remainders = [each for each in before if self.is_a(each, "FLOOR_MOD")]
        divisors = [np.frombuffer(self.content_of(each.inputs[1]), np.int32) for each in remainders]
        if divisors:
            return math.gcd(*(int(divisor.item()) for divisor in divisors))
        return int(self.graph.tensors[convolution.inputs[0]].shape[2])

    def reshape_input(self, convolution: Any, columns: int) -> None:
        """Gives it the same bytes as `(B, H, W / columns, columns * 3)`."""
        pixels = convolution.inputs[0]
        found, integer = self.graph.tensors[pixels], self.schema.TensorType.INT32
        shape, rows, folded_shape = (self.add_tensor([n], integer) for n in (4, 2, 4))
        first, end, step = (self.add_constant([number]) for number in (0, 2, 1))
        width_and_channels = self.add_constant([-1, columns * COLOURS])
        folded = self.add_tensor(
            _folded_shape(found.shape, columns), found.type, quantization=found.quantization
        )
        place = self.graph.operators.index(convolution)
        self.graph.operators[place:place] = [
            self.operator("Shape", [pixels], shape, outType=integer),
            self.operator("StridedSlice", [shape, first, end, step], rows),
            self.operator("Concatenation", [rows, width_and_channels], folded_shape),
            self.operator("Reshape", [pixels, folded_shape], folded),
        ]
        convolution.inputs = [folded, *convolution.inputs[1:]]

    def fold(self, convolution: Any, columns: int) -> None:
        """Lets it read `columns` columns as one, by a kernel and a bias of its own."""
        options = convolution.builtinOptions
        copies = columns // options.strideW
        kernel = fold_kernel(self.kernel_of(convolution), options.strideW, columns)
        pixels, weights, bias = convolution.inputs
        biases = self.content_of(bias) * copies
        convolution.inputs = [
            pixels,
            self._add_copies(weights, copies, kernel.shape, kernel.tobytes()),
            self._add_copies(bias, copies, kernel.shape[:1], biases),
        ]
        options.strideW = 1
        output = self.graph.tensors[convolution.outputs[0]]
        output.shape = _folded_shape(output.shape, copies)
        if output.shapeSignature is not None:
            output.shapeSignature = _folded_shape(output.shapeSignature, copies)

    def _add_copies(self, tensor: int, copies: int, shape: Sequence[int], content: bytes) -> int:
        """A constant like another, each of whose scales it has several times."""
        found = self.graph.tensors[tensor]
        scales = copy(found.quantization)
        if scales is not None and scales.scale is not None:
            scales.scale = np.tile(scales.scale, copies)
            scales.zeroPoint = np.tile(scales.zeroPoint, copies)
        return self.add_tensor(shape, found.type, content, scales)


def _folded_shape(shape: Sequence[int], columns: int) -> list[int]:
    """Of `(B, H, W, C)`; a width that is free is 1, and -1 in the signature of a shape."""
    *before, width, channels = (int(each) for each in shape)
    return [*before, width if width < columns else width // columns, channels * columns]
