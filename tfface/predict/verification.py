"""Whether a TFLite file hangs together; running one that does not may end the process.

LiteRT itself checks that the file is a FlatBuffer of the schema. Its kernels trust what is in it:
numbers of tensors, sizes of constants, strides. No check makes a file safe to run that was made to
do harm; `tfface.predict.isolated` contains it.
"""

import math
import struct
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tfface.predict.operator_rules import (
    AXES,
    BIAS,
    COUNTS,
    DIVISORS,
    FEWEST_INPUTS,
    MAX_DIVISOR,
    MAX_RANK,
    OPTIONS,
    UNUSED,
)
from tfface.predict.runtime import ModelError

_MAX_BYTES = 1 << 31
"""Of a tensor whose size the file gives."""

_ITEM_BYTES = {0: 4, 1: 2, 2: 4, 3: 1, 4: 8, 6: 1, 7: 2, 9: 1, 10: 8, 15: 4, 16: 2}
"""By the type of a tensor (`TensorType` of the schema): float32, float16, int32, uint8, int64,
bool, int16, int8, float64, uint32, uint16; others hold less or more than whole bytes."""

_FLOATS = {0: np.float32, 1: np.float16, 10: np.float64}

_NONE = -1
"""Stands for an input that is left out."""


class _Damage(Exception):
    """What does not hang together."""


def verify(content: bytes, source: str) -> None:
    """Refuses a TFLite file whose parts do not fit.

    Args:
        content: the file.
        source: its name, for messages.

    Raises:
        ModelError: the file is damaged, or holds weights that are no numbers.
    """
    try:
        _verify_model(content)
    except _Damage as damage:
        raise _refused(source, str(damage)) from None
    except (
        struct.error,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        OverflowError,
    ) as error:
        raise _refused(source, f"{type(error).__name__}: {error}") from error


def _refused(source: str, damage: str) -> ModelError:
    return ModelError(
        f"{source}: expected a whole TFLite file, got a damaged one: {damage}; download or export "
        "it again"
    )


def _verify_model(content: bytes) -> None:
    from ai_edge_litert.schema_py_generated import Model

    model = Model.GetRootAs(content, 0)
    work = iter(range(len(content)))  # a vector may claim to be longer than the file
    codes = [_code(model.OperatorCodes(i)) for i in _each(model.OperatorCodesLength(), work)]
    graphs = [model.Subgraphs(i) for i in _each(model.SubgraphsLength(), work)]
    for number, graph in enumerate(graphs):
        place = f"subgraph {number}"
        tensors = [graph.Tensors(i) for i in _each(graph.TensorsLength(), work)]
        constants = set()
        for index, tensor in enumerate(tensors):
            if _verify_tensor(model, tensor, f"tensor {index} of {place}"):
                constants.add(index)
        _verify_operators(graph, tensors, constants, codes, place, work)
    for i in _each(model.SignatureDefsLength(), work):
        entry = model.SignatureDefs(i)
        _within(entry.SubgraphIndex(), len(graphs), "the graph of a signature")
        count = graphs[entry.SubgraphIndex()].TensorsLength()
        ends = [entry.Inputs(j) for j in _each(entry.InputsLength(), work)]
        ends += [entry.Outputs(j) for j in _each(entry.OutputsLength(), work)]
        for end in ends:
            _within(end.TensorIndex(), count, "a tensor of a signature")
    for i in _each(model.MetadataLength(), work):
        _within(model.Metadata(i).Buffer(), model.BuffersLength(), "the buffer of metadata")


def _code(code: Any) -> int:
    return max(code.BuiltinCode(), code.DeprecatedBuiltinCode())


def _each(length: int, work: Iterator[int]) -> Iterator[int]:
    """`range(length)`; ends with an error where all lengths together exceed the file."""
    for index in range(length):
        if next(work, None) is None:
            raise _Damage("more entries than there are bytes")
        yield index


def _within(index: int, count: int, what: str) -> None:
    if not 0 <= index < count:
        raise _Damage(f"{what} is number {index} of {count}")


def _verify_tensor(model: Any, tensor: Any, place: str) -> bool:
    """Whether a tensor is a constant; its size, content and quantisation are looked at."""
    _within(tensor.Buffer(), model.BuffersLength(), f"the buffer of {place}")
    (tensor.Name() or b"").decode()  # as LiteRT does, which names no file where it fails
    shape = tensor.ShapeAsNumpy() if tensor.ShapeLength() else np.zeros(0, np.int32)
    if np.any(shape < 0):
        raise _Damage(f"{place} has the shape {shape.tolist()}")
    size = math.prod(shape.tolist()) * _ITEM_BYTES.get(tensor.Type(), 1)
    if size > _MAX_BYTES:
        raise _Damage(f"{place} of shape {shape.tolist()} would take {size} bytes")
    _verify_quantization(tensor.Quantization(), shape, place)
    buffer = model.Buffers(tensor.Buffer())
    if not buffer.DataLength():
        return size == 0
    data = buffer.DataAsNumpy()
    if tensor.Type() in _ITEM_BYTES and tensor.Sparsity() is None and len(data) != size:
        raise _Damage(f"{place} of {size} bytes has a content of {len(data)}")
    if tensor.Type() in _FLOATS and np.isnan(data.view(_FLOATS[tensor.Type()])).any():
        raise _Damage(f"{place} has weights that are NaN")
    return True


def _verify_quantization(quantization: Any, shape: Any, place: str) -> None:
    if quantization is None or not quantization.ScaleLength():
        return
    count, zeros = quantization.ScaleLength(), quantization.ZeroPointLength()
    if not np.isfinite(quantization.ScaleAsNumpy()).all():
        raise _Damage(f"{place} has a scale that is no number")
    axis = quantization.QuantizedDimension()
    if count > 1 and not (0 <= axis < len(shape) and shape[axis] == count):
        raise _Damage(f"{place} has {count} scales along axis {axis} of {shape.tolist()}")
    if zeros not in (1, count):
        raise _Damage(f"{place} has {count} scales and {zeros} zero points")


def _verify_operators(
    graph: Any, tensors: list, constants: set[int], codes: list[int], place: str, work: Iterator
) -> None:
    """Every operator takes what is there already, and writes what nothing else writes."""
    for index in (*_indices(graph, "Inputs", work), *_indices(graph, "Outputs", work)):
        _within(index, len(tensors), f"an end of {place}")
    known = constants | set(_indices(graph, "Inputs", work))
    known |= {index for index, tensor in enumerate(tensors) if tensor.IsVariable()}
    for number in _each(graph.OperatorsLength(), work):
        operator = graph.Operators(number)
        name = f"operator {number} of {place}"
        _within(operator.OpcodeIndex(), len(codes), f"the kind of {name}")
        code = codes[operator.OpcodeIndex()]
        for position, index in enumerate(_indices(operator, "Inputs", work)):
            if index == _NONE and BIAS.get(code) == position:
                continue
            _within(index, len(tensors), f"input {position} of {name}")
            if index not in known:
                raise _Damage(f"input {position} of {name} is a tensor that nothing has written")
        for position, index in enumerate(_indices(operator, "Outputs", work)):
            _within(index, len(tensors), f"output {position} of {name}")
            if index in known:
                raise _Damage(f"output {position} of {name} is a tensor that is there already")
            known.add(index)
        if operator.InputsLength() < (fewest := FEWEST_INPUTS.get(code, 0)):
            raise _Damage(f"{name} has {operator.InputsLength()} inputs instead of {fewest}")
        kind = operator.BuiltinOptionsType()
        if kind != OPTIONS.get(code, kind):
            raise _Damage(f"{name}, of the kind {code}, has options of the kind {kind}")
        _verify_options(operator, name)
    for index in _indices(graph, "Outputs", work):
        if index not in known:
            raise _Damage(f"an output of {place} is a tensor that nothing has written")


def _indices(owner: Any, name: str, work: Iterator[int]) -> list[int]:
    """The numbers of tensors in a vector of a graph or operator."""
    length = getattr(owner, f"{name}Length")()
    return [int(getattr(owner, name)(i)) for i in _each(length, work)]


def _verify_options(operator: Any, name: str) -> None:
    kind = operator.BuiltinOptionsType()
    if kind in COUNTS:
        table, counted, vector = COUNTS[kind]
        count = getattr(operator, f"{vector}Length")()
        for field, number in _options(operator, table, (counted,), name):
            if number != count:
                raise _Damage(f"{name} has a {field} of {number} and {count} {vector.lower()}")
    for rules, allowed in (
        (DIVISORS, range(1, MAX_DIVISOR + 1)),
        (AXES, range(-MAX_RANK, MAX_RANK + 1)),
        (UNUSED, (False,)),
    ):
        if kind in rules:
            table, fields = rules[kind]
            for field, number in _options(operator, table, fields, name):
                if number not in allowed:
                    raise _Damage(f"{name} has a {field} of {number}")


def _options(
    operator: Any, kind: str, fields: Sequence[str], name: str
) -> Iterator[tuple[str, int]]:
    """Some options of an operator, which are a table of that kind."""
    import ai_edge_litert.schema_py_generated as schema

    table = operator.BuiltinOptions()
    if table is None:
        raise _Damage(f"{name} has no options")
    options = getattr(schema, kind)()
    options.Init(table.Bytes, table.Pos)
    for field in fields:
        yield field, getattr(options, field)()
