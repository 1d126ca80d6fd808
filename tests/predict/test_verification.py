"""tfface.predict.verification: files that do not hang together are refused before they run."""

from collections.abc import Callable
from typing import Any

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from tfface.predict.runtime import ModelError
from tfface.predict.verification import verify
from tfface.presets import PRESETS


@pytest.fixture(scope="module")
def preset() -> bytes:
    return PRESETS["fbi-half"].read()


def network(pixels: Any) -> dict[str, Any]:
    """A convolution, a split and a gather; what else a detector has is in the presets."""
    import tensorflow as tf

    weights = np.random.default_rng(0).normal(size=(3, 3, 3, 4)).astype(np.float32)
    maps = tf.nn.conv2d(pixels, weights, 2, "SAME") + weights[0, 0, 0]
    values, places = tf.split(maps, 2, axis=-1)
    numbers = tf.cast(tf.reshape(places, [-1]), tf.int32)
    return {"found": tf.gather(tf.reshape(values, [-1]), numbers)}


@pytest.fixture(scope="module")
def small(export_tflite: Any) -> bytes:
    return export_tflite(network, (1, 16, 16, 3), "float32")


def changed(content: bytes, change: Callable[[Any], None]) -> bytes:
    """The file after `change` of its unpacked model."""
    model = schema.ModelT.InitFromPackedBuf(bytearray(content), 0)
    change(model)
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def convolution(graph: Any) -> Any:
    """The first operator with a bias."""
    return next(operator for operator in graph.operators if operator.builtinOptionsType == 1)


def without_input(position: int) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        convolution(model.subgraphs[0]).inputs[position] = -1

    return change


def with_option(name: str, value: int) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        setattr(convolution(model.subgraphs[0]).builtinOptions, name, value)

    return change


def test_shipped_files_pass(preset: bytes) -> None:
    verify(preset, "fbi-half")
    verify(PRESETS["yunet-n"].read("int8"), "yunet-n")
    verify(changed(preset, lambda model: None), "packed again")


def test_slices_that_end_at_an_offset_are_refused(preset: bytes) -> None:
    with pytest.raises(ModelError, match="a Offset of True"):
        verify(changed(preset, slices_by_offsets), "fbi-half")


def test_a_bias_may_be_left_out(small: bytes) -> None:
    verify(small, "small")
    verify(changed(small, without_input(2)), "without bias")


def more_parts(model: Any) -> None:
    operators = model.subgraphs[0].operators
    split = next(operator for operator in operators if operator.builtinOptionsType == 35)
    split.builtinOptions.numSplits = 2**31 - 1


def slices_by_offsets(model: Any) -> None:
    operators = model.subgraphs[0].operators
    strided = next(operator for operator in operators if operator.builtinOptionsType == 32)
    strided.builtinOptions.offset = True


def no_options(model: Any) -> None:
    operators = model.subgraphs[0].operators
    split = next(operator for operator in operators if operator.builtinOptionsType == 35)
    split.builtinOptions, split.builtinOptionsType = None, 0


def fewer_inputs(model: Any) -> None:
    operators = model.subgraphs[0].operators
    gather = next(operator for operator in operators if operator.builtinOptionsType == 23)
    gather.inputs = gather.inputs[:1]


def far_axis(model: Any) -> None:
    operators = model.subgraphs[0].operators
    gather = next(operator for operator in operators if operator.builtinOptionsType == 23)
    gather.builtinOptions.axis = -1000


def unwritten(model: Any) -> None:
    convolution(model.subgraphs[0]).inputs[0] = model.subgraphs[0].operators[-1].outputs[0]


def written_twice(model: Any) -> None:
    operators = model.subgraphs[0].operators
    operators[-1].outputs[0] = operators[0].outputs[0]


def no_such_tensor(model: Any) -> None:
    model.signatureDefs[0].outputs[0].tensorIndex = 9999


def no_name(model: Any) -> None:
    model.subgraphs[0].tensors[0].name = b"\xff"


def no_such_buffer(model: Any) -> None:
    model.subgraphs[0].tensors[0].buffer = 9999


def another_shape(model: Any) -> None:
    weights = convolution(model.subgraphs[0]).inputs[1]
    model.subgraphs[0].tensors[weights].shape[0] *= 2


def not_a_number(model: Any) -> None:
    graph = model.subgraphs[0]
    buffer = model.buffers[graph.tensors[convolution(graph).inputs[1]].buffer]
    buffer.data = np.array(buffer.data, np.uint8)
    buffer.data[:4] = 255


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_input(0), "input 0 of operator .* is number -1 of"),
        (without_input(1), "input 1 of operator .* is number -1 of"),
        (with_option("strideH", 0), "a StrideH of 0"),
        (with_option("dilationWFactor", -7), "a DilationWFactor of -7"),
        (more_parts, "a NumSplits of 2147483647 and 2 outputs"),
        (no_options, "of the kind 49, has options of the kind 0"),
        (fewer_inputs, "has 1 inputs instead of 2"),
        (far_axis, "a Axis of -1000"),
        (unwritten, "a tensor that nothing has written"),
        (written_twice, "a tensor that is there already"),
        (no_such_tensor, "a tensor of a signature is number 9999 of"),
        (no_name, "UnicodeDecodeError"),
        (no_such_buffer, "the buffer of tensor 0 of subgraph 0 is number 9999 of"),
        (another_shape, "bytes has a content of"),
        (not_a_number, "weights that are NaN"),
    ],
)
def test_what_does_not_fit_is_refused(small: bytes, change: Any, message: str) -> None:
    with pytest.raises(ModelError, match=rf"odd: expected a whole TFLite file.*{message}"):
        verify(changed(small, change), "odd")


def test_no_bytes_are_another_error(preset: bytes) -> None:
    generator = np.random.default_rng(0)
    structure = len(preset) - 60_000  # the tables stand behind the weights
    for _ in range(30):
        content = bytearray(preset)
        for place in generator.integers(structure, len(preset) - 4, 20):
            content[place : place + 4] = generator.bytes(4)
        try:
            verify(bytes(content), "noise")
        except ModelError:
            continue
