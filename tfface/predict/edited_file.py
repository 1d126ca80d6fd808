"""A TFLite file taken apart, to add to."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np


class EditedFile:
    """A file by the object API of its schema.

    Args:
        content: a TFLite file.

    Attributes:
        schema: the module that has the names and numbers of the schema.
        model: the whole file.
        graph: tensors and operators of its first graph.
    """

    def __init__(self, content: bytes) -> None:
        from ai_edge_litert import schema_py_generated as schema
        from ai_edge_litert.tools import flatbuffer_utils

        self.schema = schema
        self.model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
        self.graph = self.model.subgraphs[0]

    def to_bytes(self) -> bytes:
        """The file as it is now."""
        from ai_edge_litert.tools import flatbuffer_utils

        return bytes(flatbuffer_utils.convert_object_to_bytearray(self.model))

    def is_a(self, operator: Any, name: str) -> bool:
        """Whether it is of that kind; `name` as in `BuiltinOperator`."""
        code = self.model.operatorCodes[operator.opcodeIndex]
        return _number(code) == getattr(self.schema.BuiltinOperator, name)

    def content_of(self, tensor: int) -> bytes:
        """Of a constant."""
        return bytes(self.model.buffers[self.graph.tensors[tensor].buffer].data)

    def add_buffer(self, content: bytes) -> int:
        """Returns its number."""
        buffer = self.schema.BufferT()
        buffer.data = np.frombuffer(content, np.uint8)
        self.model.buffers.append(buffer)
        return len(self.model.buffers) - 1

    def add_constant(self, numbers: Sequence[int]) -> int:
        """Numbers int32; returns the number of their tensor."""
        content = np.array(numbers, np.int32).tobytes()
        return self.add_tensor([len(numbers)], self.schema.TensorType.INT32, content)

    def add_tensor(
        self, shape: Sequence[int], kind: int, content: bytes = b"", quantization: Any = None
    ) -> int:
        """Returns its number; one without content is computed."""
        tensor = self.schema.TensorT()
        tensor.shape, tensor.type, tensor.quantization = list(shape), kind, quantization
        tensor.name = f"added/{len(self.graph.tensors)}".encode()
        tensor.hasRank = True
        if content:
            tensor.buffer = self.add_buffer(content)
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def operator(self, kind: str, inputs: Sequence[int], output: int, **options: int) -> Any:
        """One with those options; `kind` as in the schema's `ShapeOptions`."""
        schema = self.schema
        operator = schema.OperatorT()
        operator.opcodeIndex = self._code_index(re.sub("(?<=[a-z])(?=[A-Z])", "_", kind).upper())
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, f"{kind}Options")
        operator.builtinOptions = getattr(schema, f"{kind}OptionsT")()
        for name, value in options.items():
            setattr(operator.builtinOptions, name, value)
        operator.inputs, operator.outputs = list(inputs), [output]
        return operator

    def _code_index(self, name: str) -> int:
        """Its place among the operator codes of the file, which has it from then on."""
        codes, code = self.model.operatorCodes, getattr(self.schema.BuiltinOperator, name)
        for index, each in enumerate(codes):
            if _number(each) == code:
                return index
        added = self.schema.OperatorCodeT()
        added.builtinCode, added.deprecatedBuiltinCode = code, min(code, 127)
        codes.append(added)
        return len(codes) - 1


def _number(code: Any) -> int:
    """Of a kind of operator, which older files have in a byte."""
    return int(max(code.builtinCode, code.deprecatedBuiltinCode))
