"""convert.pixel_cast: pixels become floats inside XNNPACK."""

from convert.pixel_cast import cast_by_dequantizing
from tfface.predict.edited_file import EditedFile
from tfface.predict.litert import LiteRTRuntime


def casts_of_pixels(file):
    uint8 = file.schema.TensorType.UINT8
    return [
        operator
        for operator in file.graph.operators
        if file.is_a(operator, "CAST") and file.graph.tensors[operator.inputs[0]].type == uint8
    ]


def test_the_same_floats_by_an_operation_of_xnnpack(float32, picture):
    content = cast_by_dequantizing(float32)

    assert len(casts_of_pixels(EditedFile(float32))) == 1
    assert not casts_of_pixels(EditedFile(content))
    before, after = (LiteRTRuntime(each, "file").run(picture) for each in (float32, content))
    assert len(before[1]) > 0
    assert [each.tobytes() for each in after] == [each.tobytes() for each in before]
