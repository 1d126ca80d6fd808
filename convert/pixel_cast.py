"""Pixels as floats by an operation that XNNPACK has."""

from tfface.predict.edited_file import EditedFile


def cast_by_dequantizing(content: bytes) -> bytes:
    """A TFLite file whose pixels become floats by DEQUANTIZE, with a scale of 1, instead of CAST.

    The numbers are the same, and all that came before and comes after is. XNNPACK has no CAST, and
    LiteRT's own takes pixel by pixel: as long as a tenth of `plain-yunet` in int8.
    """
    file = EditedFile(content)
    schema, tensors = file.schema, file.graph.tensors
    for place, operator in enumerate(file.graph.operators):
        pixels = tensors[operator.inputs[0]] if len(operator.inputs) else None
        if file.is_a(operator, "CAST") and pixels.type == schema.TensorType.UINT8:
            pixels.quantization = schema.QuantizationParametersT()
            pixels.quantization.scale, pixels.quantization.zeroPoint = [1.0], [0]
            file.graph.operators[place] = file.operator(
                "Dequantize", operator.inputs, operator.outputs[0]
            )
    return file.to_bytes()
