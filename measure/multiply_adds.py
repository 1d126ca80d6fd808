"""Multiply-adds of the operators of a TFLite graph."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Shape = Sequence[int]

_KERNEL = 1
"""Place of the kernel among the inputs of each operator below."""

_BY_OUTPUT = frozenset(("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"))
"""Every element of the kernel is used once at every position of the output."""

_BY_INPUT = frozenset(("TRANSPOSE_CONV",))
"""Every element of the kernel is used once at every position of the input, which is the third."""


def multiply_adds_of(name: str, inputs: Sequence[Shape], output: Shape) -> int:
    """Multiply-adds of one operator: elements of the kernel times positions.

    Kernels of TFLite are `(out, k, k, in)`, `(1, k, k, out)` depthwise and `(out, in)` fully
    connected; channels are the last axis of every map. Padding counts, as the kernel covers it.

    Args:
        name: as LiteRT has it.
        inputs: shapes of what it reads, in the order of the TensorFlow Lite schema.
        output: shape of its first output.

    Returns:
        0 for operators other than convolutions and fully connected ones.
    """
    if name in _BY_OUTPUT:
        return math.prod(inputs[_KERNEL]) * math.prod(output[:-1])
    if name in _BY_INPUT:
        return math.prod(inputs[_KERNEL]) * math.prod(inputs[2][:-1])
    return 0


def count_multiply_adds(
    operators: Iterable[Mapping[str, Any]], shapes: Mapping[int, Shape]
) -> dict[str, int]:
    """Multiply-adds of a graph by the name of the operator, most first.

    Args:
        operators: as LiteRT's interpreter describes them: `op_name`, `inputs`, `outputs`.
        shapes: of every tensor by its number, for the pictures that are counted.
    """
    counts: Counter[str] = Counter()
    for operator in operators:
        name = operator["op_name"]
        if name in _BY_OUTPUT | _BY_INPUT:
            inputs = [shapes.get(int(tensor), ()) for tensor in operator["inputs"]]
            counts[name] += multiply_adds_of(name, inputs, shapes[int(operator["outputs"][0])])
    return dict(counts.most_common())
