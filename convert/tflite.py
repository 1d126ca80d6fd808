"""Writes TFLite files."""

import re

import tensorflow as tf

from convert.graph import DetectionGraph


class ConversionError(ValueError):
    """A graph that has no TFLite form."""


def to_tflite(graph: DetectionGraph) -> bytes:
    """The content of a float32 TFLite file.

    Args:
        graph: for one picture at a time (`batch=1`).

    Raises:
        ConversionError: the graph needs operations that are not builtin in TFLite.
    """
    from tensorflow.lite.python.convert import ConverterError

    functions = list(graph.signatures().values())
    converter = tf.lite.TFLiteConverter.from_concrete_functions(functions, graph)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    try:
        return converter.convert()
    except ConverterError as error:
        raise ConversionError(_reason(str(error))) from error


def _reason(message: str) -> str:
    """What the converter's pages of message come down to."""
    found = re.search(r"(?:TF Select|Custom|Flex) ops: *([^\n]+)", message)
    if found:
        return (
            f"expected operations that are builtin in TFLite, got {found.group(1)}, which run in "
            "TensorFlow only; write that part of the detector with other operations"
        )
    return f"TensorFlow cannot convert this detector to TFLite: {message.strip()[:500]}"
