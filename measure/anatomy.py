"""What is in a TFLite file, and how LiteRT runs it; `python -m measure.inspect` shows it."""

import struct
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from measure.child import answer, ask
from measure.delegation import divide
from measure.model_files import read_tflite, signatures_of, weight_bytes
from measure.multiply_adds import count_multiply_adds
from tfface.packaged import PRECISIONS
from tfface.predict.description import read_embedded
from tfface.predict.litert import load_interpreter
from tfface.predict.packages import import_optional
from tfface.predict.runtime import ModelError, Size
from tfface.reasons import reason_of

DEFAULT_SIZE = (480, 640)
"""Height and width for a file that takes every size."""


def inspect_file(
    name_or_path: str, size: Size | None = None, precision: str = PRECISIONS[0]
) -> dict[str, Any]:
    """Describes a TFLite file, ours or another's, in a process of its own.

    Args:
        name_or_path: a preset or a path.
        size: height and width for inputs whose sides are free; None takes `DEFAULT_SIZE`.
        precision: of a preset.

    Returns:
        As `inspect_content`.

    Raises:
        ModelError: no TFLite file, a damaged one, or LiteRT cannot run it at this size.
    """
    read_tflite(name_or_path, precision)  # so that no process is started in vain
    request = {"model": name_or_path, "size": size, "precision": precision}
    return ask("measure.anatomy", name_or_path, request)


def inspect_content(content: bytes, source: str, size: Size | None = None) -> dict[str, Any]:
    """Describes a TFLite file and runs it once on zeros, which a damaged file may not survive.

    Args:
        content: the bytes of the file.
        source: its name, for messages.
        size: as in `inspect_file`.

    Returns:
        Ready for JSON:

        - `file` and `bytes`; `weights`, bytes of the constants by type;
        - `signatures`, see `measure.model_files.signatures_of`;
        - `metadata` that tfface wrote, or None;
        - `size`, height and width of what follows, or None where the file has no free sides;
        - `operators`, how many of each name; `further_graphs`, how many there are besides the main
          one: bodies of loops, other signatures; their operators are not looked into;
        - `delegation`, with `partitions`, the operators in each, and `delegated` and
          `not_delegated`, how many of each name;
        - `multiply_adds` by name.

    Raises:
        ModelError: LiteRT cannot load the file, or cannot run it at this size.
        ImportError: ai-edge-litert is not installed.
    """
    try:
        return _describe(content, source, size)
    except ModelError:
        raise
    # Names that are no text, numbers of things that do not exist: LiteRT does not look at all.
    except (ValueError, LookupError, TypeError, struct.error) as error:
        raise ModelError(
            f"{source}: expected a whole TFLite file, got one with a damaged table ({error}); "
            "download or export it again"
        ) from error


def _describe(content: bytes, source: str, size: Size | None) -> dict[str, Any]:
    litert = import_optional("ai_edge_litert.interpreter")
    without = litert.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    plain = load_interpreter(content, source, num_threads=1, experimental_op_resolver_type=without)
    delegated = load_interpreter(content, source, num_threads=1)
    size = _shape_inputs(plain, source, size)
    _shape_inputs(delegated, source, size)
    _run_on_zeros(plain, source, size)
    operators = plain._get_ops_details()
    delegation = divide(operators, delegated._get_ops_details())
    shapes = {entry["index"]: entry["shape"].tolist() for entry in plain.get_tensor_details()}
    return {
        "file": source,
        "bytes": len(content),
        "weights": weight_bytes(content),
        "metadata": read_embedded(content),
        "signatures": signatures_of(plain),
        "size": size,
        "operators": count_names(operators),
        "further_graphs": plain.num_subgraphs() - 1,
        "delegation": {
            "partitions": [len(members) for members in delegation.partitions],
            "delegated": count_names(delegation.delegated),
            "not_delegated": count_names(delegation.rest),
        },
        "multiply_adds": count_multiply_adds(operators, shapes),
    }


def shape_at(shape: Sequence[int], size: Size) -> list[int]:
    """The shape of an input with its free axes, -1, filled: 1 for the batch, the sides of `size`.

    Raises:
        ValueError: other axes than batch, height and width are free.
    """
    sides = [axis for axis in shape[1:] if axis == -1]
    if len(sides) not in (0, 2):
        raise ValueError(
            f"expected inputs with both height and width fixed, or both free, got {list(shape)}"
        )
    free = iter(size)
    return [
        axis if axis != -1 else 1 if place == 0 else next(free) for place, axis in enumerate(shape)
    ]


def _shape_inputs(interpreter: Any, source: str, size: Size | None) -> Size | None:
    """Allocates the tensors for `size`; returns the size used, None where no sides are free.

    Raises:
        ModelError: no free sides although a size is asked for, or LiteRT cannot run at this size.
    """
    inputs = interpreter.get_input_details()
    shapes = [entry["shape_signature"].tolist() for entry in inputs]
    free = any(-1 in shape[1:] for shape in shapes)
    if size and not free and list(size) not in [shape[1:3] for shape in shapes]:
        raise ModelError(
            f"{source}: expected no --size for a file whose inputs have the fixed shapes "
            f"{shapes}, got {size[1]}x{size[0]}; leave it out"
        )
    used = (size or DEFAULT_SIZE) if free else None
    try:
        for entry, shape in zip(inputs, shapes, strict=True):
            if -1 in shape:
                interpreter.resize_tensor_input(entry["index"], shape_at(shape, used or (1, 1)))
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        reason = reason_of(error)
        raise ModelError(f"{source}: LiteRT cannot run it{_at(used)}: {reason}") from error
    return used


def _run_on_zeros(interpreter: Any, source: str, size: Size | None) -> None:
    """Runs the graph, for some shapes are known only then: those that it works out itself."""
    try:
        for entry in interpreter.get_input_details():
            interpreter.set_tensor(entry["index"], np.zeros(entry["shape"], entry["dtype"]))
        interpreter.invoke()
    except (ValueError, RuntimeError) as error:
        reason = reason_of(error)
        raise ModelError(f"{source}: LiteRT cannot run zeros{_at(size)}: {reason}") from error


def _at(size: Size | None) -> str:
    """The size as --size names it, width first."""
    return f" at {size[1]}x{size[0]}" if size else ""


def count_names(operators: Sequence[Any]) -> dict[str, int]:
    """How many operators there are of each name, most first."""
    return dict(Counter(operator["op_name"] for operator in operators).most_common())


def _work(request: dict[str, Any]) -> dict[str, Any]:
    size = tuple(request["size"]) if request["size"] else None
    content = read_tflite(request["model"], request["precision"])
    return inspect_content(content, request["model"], size)


if __name__ == "__main__":
    answer(_work)
