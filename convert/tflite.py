"""Writes TFLite files."""

import re

import tensorflow as tf

from convert.graph import DetectionGraph
from tfface.predict import signature
from tfface.predict.edited_file import EditedFile
from tfface.predict.notices import without_notices


class ConversionError(ValueError):
    """A graph that has no TFLite form."""


def to_tflite(graph: DetectionGraph, name: str = signature.NAME) -> bytes:
    """The content of a float32 TFLite file.

    Args:
        graph: for a fixed number of pictures.
        name: of the signature that the file has.

    Raises:
        ConversionError: the graph needs operations that are not builtin in TFLite.
    """
    from tensorflow.lite.python.convert import ConverterError

    function = graph.functions[name].get_concrete_function()
    # Not the graph itself: the converter would trace and save its other functions too.
    variables = tf.Module()
    variables.values = graph.weight_values
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], variables)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    try:
        with without_notices():
            content = converter.convert()
    except ConverterError as error:
        raise ConversionError(_reason(str(error))) from error
    return content if name == signature.NAME else _rename_signature(content, name)


def _rename_signature(content: bytes, name: str) -> bytes:
    """A file with another name for its only signature: the converter has one name for all."""
    file = EditedFile(content)
    file.model.signatureDefs[0].signatureKey = name.encode()
    return file.to_bytes()


def _reason(message: str) -> str:
    """What the converter's pages of message come down to."""
    found = re.search(r"(?:TF Select|Custom|Flex) ops: *([^\n]+)", message)
    if found:
        return (
            f"expected operations that are builtin in TFLite, got {found.group(1)}, which run in "
            "TensorFlow only; write that part of the detector with other operations"
        )
    return f"TensorFlow cannot convert this detector to TFLite: {message.strip()[:500]}"
