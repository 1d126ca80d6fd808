"""convert.quantization: smaller and faster files that find the same faces."""

import numpy as np
import pytest

from convert.graph import DetectionGraph
from convert.parity import Tolerance, compare
from convert.quantization import CALIBRATED, PRECISIONS, _join, quantize
from convert.tflite import to_tflite
from tfface.detectors.faceboxes import FaceBoxes
from tfface.predict.litert import LiteRTRuntime
from tfface.predict.selection import Selection

SIZE = (128, 160)


@pytest.fixture(scope="module")
def files(float32, picture):
    return {precision: quantize(float32, precision, [picture[None]]) for precision in PRECISIONS}


def interpreter_of(content, delegate=True):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    resolver = OpResolverType.AUTO if delegate else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_content=content, experimental_op_resolver_type=resolver)
    (images,) = interpreter.get_input_details()
    interpreter.resize_tensor_input(images["index"], (1, *SIZE, 3))
    interpreter.allocate_tensors()
    return interpreter


def kernels_of(content):
    """Types and scales of the weights of all convolutions."""
    interpreter = interpreter_of(content, delegate=False)
    details = {tensor["index"]: tensor for tensor in interpreter.get_tensor_details()}
    return [
        details[operation["inputs"][1]]
        for operation in interpreter._get_ops_details()
        if operation["op_name"] == "CONV_2D"
    ]


def test_float32_is_the_file_as_it_was(float32):
    assert quantize(float32, "float32") is float32


def test_the_fewer_bits_the_smaller_the_file(files):
    sizes = {precision: len(content) for precision, content in files.items()}

    assert sizes["float16"] < 0.7 * sizes["float32"]
    assert max(sizes["dynamic"], sizes["int8"], sizes["int16x8"]) < 0.55 * sizes["float32"]


@pytest.mark.parametrize("precision", ["dynamic", "int8", "int16x8"])
def test_weights_are_int8_with_a_scale_for_each_output_channel(files, precision):
    kernels = kernels_of(files[precision])

    assert len(kernels) > 30
    for kernel in kernels:
        assert kernel["dtype"] == np.int8
        assert len(kernel["quantization_parameters"]["scales"]) == kernel["shape"][0]


@pytest.mark.parametrize(
    ("precision", "tolerance"),
    [
        ("float16", Tolerance(score=1e-3, box=0.5, unmatched=0.05)),
        ("int16x8", Tolerance(score=5e-3, box=2.0, unmatched=0.2, iou=0.7)),
        ("dynamic", Tolerance(score=1e-2, box=6.0, unmatched=0.4, iou=0.7)),
        ("int8", Tolerance(score=1e-2, box=6.0, unmatched=0.4, iou=0.7)),
    ],
)
def test_finds_what_the_detector_finds(files, detector, picture, precision, tolerance):
    runtime = LiteRTRuntime(files[precision], precision)

    parity = compare(runtime, detector, [picture], Selection(), tolerance)

    assert parity.matched > 10
    parity.check(tolerance)


@pytest.mark.parametrize("precision", ["float16", "dynamic", "int8"])
def test_the_network_is_one_partition(files, precision):
    """As many partitions as in float32: one for the network, the others for decoding."""
    counts = [
        sum(op["op_name"] == "DELEGATE" for op in interpreter_of(content)._get_ops_details())
        for content in (files["float32"], files[precision])
    ]

    assert counts[1] == counts[0]


def test_the_network_with_c_relu_is_one_partition_too(picture):
    content = to_tflite(DetectionGraph(FaceBoxes(width=0.5), batch=1))
    counts = [
        sum(op["op_name"] == "DELEGATE" for op in interpreter_of(file)._get_ops_details())
        for file in (content, quantize(content, "int8", [picture[None]]))
    ]

    assert counts[1] == counts[0]


def made_floats(content):
    """The tensors of integers that are made floats: what leaves the network, among others."""
    interpreter = interpreter_of(content, delegate=False)
    details = {tensor["index"]: tensor for tensor in interpreter.get_tensor_details()}
    return [
        details[operation["inputs"][0]]
        for operation in interpreter._get_ops_details()
        if operation["op_name"] == "DEQUANTIZE"
    ]


def int8_of(detector, picture):
    return quantize(to_tflite(DetectionGraph(detector, batch=1)), "int8", [picture[None]])


def test_scores_and_offsets_of_every_level_are_outputs_of_their_own(files, detector):
    outputs = made_floats(files["int8"])
    for scope, least in (("scores", 8.0), ("offsets", 5.0)):
        ranges = [
            255 * output["quantization"][0]
            for output in outputs
            if f"network/{scope}/" in output["name"]
        ]
        assert len(ranges) == len(detector.heads)
        assert min(ranges) >= 2 * least * 0.999  # what any face may need, whatever the picture


def test_logits_that_no_face_has_take_no_room(small_detector, picture):
    detector = small_detector("PlainFace")
    for head in detector.score_heads:
        head.bias.assign([-60.0])

    outputs = made_floats(int8_of(detector, picture))

    steps = [output["quantization"][0] for output in outputs if "network/scores/" in output["name"]]
    assert len(steps) == len(detector.score_heads)
    # From -10 to 8 in 255 steps.
    assert max(steps) == pytest.approx(18 / 255, rel=0.01)


@pytest.mark.parametrize("name", ["PlainYuNet", "YuNet"])
def test_heads_that_say_so_stay_float32(small_detector, picture, name):
    interpreter = interpreter_of(int8_of(small_detector(name), picture), delegate=False)

    for scope in ("scores", "offsets"):
        kinds = {
            tensor["dtype"]
            for tensor in interpreter.get_tensor_details()
            if f"network/{scope}/" in tensor["name"]
        }
        assert kinds == {np.float32}, scope


def test_the_largest_score_of_any_picture_is_kept(float32, detector, picture):
    """Also after many without faces, over which a moving average would forget it."""
    black = np.zeros_like(picture)
    runtime = LiteRTRuntime(quantize(float32, "int8", [picture[None], *[black[None]] * 20]), "int8")

    _, scores = detector.predict_boxes(picture, 0.02, 0.3, 1000)
    _, quantized = runtime.run(picture)

    assert quantized.max() == pytest.approx(scores.max(), rel=0.15)


def test_inside_the_network_a_range_is_the_median_of_pictures_with_something_in_them():
    # Of 8, 7, 7.5, 6 and 1 the last is below half of 8; the median of the others is (7 + 7.5) / 2.
    # Where that is below three quarters of the largest, as (4 + 5) / 2 of 8, it is these: 6.
    # What leaves the network keeps all.
    assert _join(pictures_reaching(8, 7, 7.5, 6, 1), {"left"})["inside"]["max"] == [7.25]
    assert _join(pictures_reaching(8, 5, 4, 4), {"left"})["inside"]["max"] == [6]
    assert _join(pictures_reaching(8, 5, 4, 4), {"left"})["left"]["max"] == [8]
    assert _join(pictures_reaching(8, 5, 4, 4), {"left"})["inside"]["min"] == [0]


def pictures_reaching(*largest):
    """Ranges from 0 to each of `largest` of a tensor inside the network and one that leaves it."""
    return [
        {name: {"min": np.zeros(1), "max": np.array([most])} for name in ("inside", "left")}
        for most in largest
    ]


@pytest.mark.parametrize("precision", CALIBRATED)
def test_ranges_need_pictures(float32, precision):
    with pytest.raises(ValueError, match="expected pictures to calibrate on, got none"):
        quantize(float32, precision)


def test_another_precision(float32):
    with pytest.raises(ValueError, match="expected a precision of float32, float16, .* got 'int4'"):
        quantize(float32, "int4")
