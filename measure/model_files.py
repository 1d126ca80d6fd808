"""What stands in a TFLite file: signatures, weights."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from tfface.packaged import PRECISIONS
from tfface.predict.litert import IDENTIFIER
from tfface.predict.runtime import ModelError
from tfface.presets import PRESETS


def read_tflite(name_or_path: str, precision: str = PRECISIONS[0]) -> bytes:
    """The content of a TFLite file; that the rest of it is whole shows when LiteRT loads it.

    Args:
        name_or_path: a preset or a path.
        precision: of the preset.

    Raises:
        tfface.predict.runtime.ModelError: no file there, an empty one, or one of another format.
        FileNotFoundError, ValueError: the file of a preset is missing or damaged, or it has none of
            that precision; a precision is asked for of a file, which has its own.
    """
    if name_or_path in PRESETS:
        return PRESETS[name_or_path].read(precision)
    if precision != PRECISIONS[0]:
        raise ValueError(
            f"expected no precision beside the path of a detector, which has its own, got "
            f"{precision!r} for {name_or_path}"
        )
    path = Path(name_or_path)
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        raise ModelError(
            f"{name_or_path}: expected a preset ({', '.join(PRESETS)}) or the path of a TFLite "
            f"file, got {found}; python -m convert.main writes such files"
        )
    content = path.read_bytes()
    if content[4:8] != IDENTIFIER:
        found = f"{len(content)} bytes with {content[4:8]!r} there" if content else "an empty file"
        raise ModelError(
            f"{path}: expected a TFLite file, with {IDENTIFIER!r} at byte 4, got {found}; "
            "download it again, or export it with python -m convert.main"
        )
    return content


def signatures_of(interpreter: Any) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Inputs and outputs by signature, ready for JSON.

    Args:
        interpreter: LiteRT's.

    Returns:
        `inputs` and `outputs` of each; those of a graph without a signature stand under "". Each
        has `name`, `type`, `shape` with -1 for a free axis, and `quantization`: None, or the
        `scales` and `zero_points` by which an integer q stands for scale * (q - zero_point).
    """
    signatures = {}
    for name in interpreter.get_signature_list():
        # The runner must not outlive the loop: LiteRT refuses to resize while one exists.
        runner = interpreter.get_signature_runner(name)
        inputs, outputs = runner.get_input_details(), runner.get_output_details()
        del runner
        signatures[name] = {
            "inputs": [_describe(key, tensor) for key, tensor in sorted(inputs.items())],
            "outputs": [_describe(key, tensor) for key, tensor in sorted(outputs.items())],
        }
    if not signatures:
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        signatures[""] = {
            "inputs": [_describe(tensor["name"], tensor) for tensor in inputs],
            "outputs": [_describe(tensor["name"], tensor) for tensor in outputs],
        }
    return signatures


def _describe(name: str, tensor: dict[str, Any]) -> dict[str, Any]:
    parameters = tensor["quantization_parameters"]
    quantization = {
        "scales": parameters["scales"].tolist(),
        "zero_points": parameters["zero_points"].tolist(),
    }
    return {
        "name": name,
        "type": np.dtype(tensor["dtype"]).name,
        "shape": tensor["shape_signature"].tolist(),
        "quantization": quantization if quantization["scales"] else None,
    }


def weight_bytes(content: bytes) -> dict[str, int]:
    """Bytes of the constants in a file by their type, most first; what tensors share counts once.

    They are the weights, and a few numbers that shapes are worked out with.
    """
    from ai_edge_litert.schema_py_generated import Model, TensorType

    names = {number: name.lower() for name, number in vars(TensorType).items() if name.isupper()}
    model = Model.GetRootAs(content, 0)
    types: dict[int, str] = {}
    for number in range(model.SubgraphsLength()):
        graph = model.Subgraphs(number)
        for index in range(graph.TensorsLength()):
            tensor = graph.Tensors(index)
            types[tensor.Buffer()] = names[tensor.Type()]
    sizes: Counter[str] = Counter()
    for buffer, name in types.items():
        sizes[name] += model.Buffers(buffer).DataLength()
    return {name: size for name, size in sizes.most_common() if size}
