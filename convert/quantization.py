"""Fewer bits for weights and activations of a TFLite file, by the AI Edge Quantizer."""

import contextlib
import io
import re
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfface.detectors.scopes import (
    FLOAT_SCOPE,
    MASK_STEPS_SCOPE,
    MASKS_SCOPE,
    OFFSETS_SCOPE,
    SCORES_SCOPE,
)
from tfface.predict import signature
from tfface.predict.edited_file import EditedFile
from tfface.predict.notices import without_notices
from tfface.predict.packages import optional_packages

PRECISIONS = ("float32", "float16", "dynamic", "int8", "int16x8")
"""Kinds of TFLite files, the most exact first.

`float16`: weights as float16, arithmetic float32. `dynamic`: weights int8, activations int8 from
range to range as they come. `int8`: both int8, with ranges of activations fixed by calibration.
`int16x8`: activations int16, weights int8. Weights have one scale for each output channel. In
`float16` and `dynamic` kernels of depthwise convolutions stay float32, a small part of a network.
"""

CALIBRATED = ("int8", "int16x8")
"""Precisions that need pictures to calibrate on."""

NETWORK_SCOPE = "network"
"""First part of the names of what is quantised, which `convert.network` gives them."""

LEAST_RANGES = {SCORES_SCOPE: 8.0, OFFSETS_SCOPE: 5.0, MASKS_SCOPE: 1.0, MASK_STEPS_SCOPE: 6.0}
"""Differences of logits, offsets and masks of either sign that a file can express, whatever the
pictures hold: large faces are rare, and a level that saw none would have no room for them. A
difference of 8 is a score of 0.9997; an offset of 5 moves a centre by half an anchor, or makes a
side 2.7 times as long."""

LEAST_LOGIT = -10.0
"""What a file expresses of the lowest logits, which no face has: background reaches far lower, and
from there to the surest face a step would be a quarter of a logit."""

LEAST_SHARE = 0.75
"""Of the largest value of a tensor over all pictures, how much its range covers at least."""

Ranges = dict[str, dict[str, Any]]

_NETWORK = rf"(^|;){NETWORK_SCOPE}/"


def quantize(
    content: bytes,
    precision: str,
    pictures: Iterable[NDArray[np.uint8]] = (),
    name: str = signature.NAME,
) -> bytes:
    """A float32 TFLite file of a detector in another precision.

    The network alone is quantised: backbone, neck and heads. Boxes are decoded and selected in
    float32, for 256 steps over a picture are too coarse for them. Scores and offsets of every level
    leave the network as outputs of their own, each with the scale that its values need; those that
    a head predicts in `FLOAT_SCOPE` as they are.

    Args:
        content: the float32 file, with `NETWORK_SCOPE` before the names of its network.
        precision: one of `PRECISIONS`.
        pictures: RGB uint8 `(B, H, W, 3)` as the file takes them, to calibrate on; the precisions
            in `CALIBRATED` need them.
        name: of the signature of the file.

    Raises:
        ValueError: another precision, or no pictures where they are needed.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"expected a precision of {', '.join(PRECISIONS)}, got {precision!r}")
    if precision == "float32":
        return content
    quantizer = _quantizer(content, precision)
    ranges = None
    if precision in CALIBRATED:
        ranges = _join(_ranges(quantizer, pictures, name), _network_outputs(content))
    with _silence():
        return bytes(quantizer.quantize(ranges).quantized_model)


def _quantizer(content: bytes, precision: str) -> Any:
    """A quantizer that knows which operations to quantise, and how."""
    with optional_packages("train"):
        from ai_edge_quantizer.qtyping import TFLOperationName
        from ai_edge_quantizer.quantizer import Quantizer
        from ai_edge_quantizer.recipe import AlgorithmName

    quantizer = Quantizer(bytearray(content))
    every = TFLOperationName.ALL_SUPPORTED
    if precision == "float16":
        quantizer.add_weight_only_config(
            _NETWORK,
            TFLOperationName.CONV_2D,
            num_bits=16,
            algorithm_key=AlgorithmName.FLOAT_CASTING,
        )
    elif precision == "dynamic":
        quantizer.add_dynamic_config(_NETWORK, every, num_bits=8)
        # XNNPACK has none of these, and LiteRT's own take three times as long as float ones.
        quantizer.update_quantization_recipe(
            _NETWORK,
            TFLOperationName.DEPTHWISE_CONV_2D,
            algorithm_key=AlgorithmName.NO_QUANTIZE,
        )
    else:
        quantizer.add_static_config(
            _NETWORK,
            every,
            activation_num_bits=16 if precision == "int16x8" else 8,
            weight_num_bits=8,
        )
        # XNNPACK has these for floats only: integer ones would cut the network into pieces. (A ReLU
        # stands alone after a C.ReLU; others are part of their convolutions.)
        for operation in (TFLOperationName.AVERAGE_POOL_2D, TFLOperationName.RELU):
            quantizer.update_quantization_recipe(
                _NETWORK, operation, algorithm_key=AlgorithmName.NO_QUANTIZE
            )
        quantizer.update_quantization_recipe(
            rf"{_NETWORK}.*/{FLOAT_SCOPE}/", every, algorithm_key=AlgorithmName.NO_QUANTIZE
        )
    return quantizer


def _ranges(quantizer: Any, pictures: Iterable[NDArray[np.uint8]], name: str) -> list[Ranges]:
    """The smallest and the largest value of every tensor, for each picture."""
    ranges = []
    for batch in pictures:
        samples = {name: [{signature.INPUT: batch}]}
        with _silence():
            ranges.append(quantizer.calibrate(samples, num_threads=1))
    if not ranges:
        raise ValueError("expected pictures to calibrate on, got none; name a folder of them")
    return ranges


def _join(ranges: list[Ranges], outputs: set[str]) -> Ranges:
    """One range for each tensor, from those of the pictures.

    What leaves the network keeps every value, for a face sets the largest score of its picture
    alone; it gets room for what any face may need, and none for what no face has. See `_usual`
    for what stays inside.
    """
    joined = {}
    for tensor, first in ranges[0].items():
        joined[tensor] = dict(first)
        for bound, extreme in (("min", np.min), ("max", np.max)) if first else ():
            values = np.stack([of_picture[tensor][bound] for of_picture in ranges])
            joined[tensor][bound] = extreme(values, 0) if tensor in outputs else _usual(values)
        if first and tensor in outputs:
            _fit_output(tensor, joined[tensor])
    return joined


def _usual(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of the smallest (or largest) values of a tensor, one a picture, the end of its range.

    The median of those pictures that reach at least half as far as the farthest, so that walls and
    skies have no say; but no less than `LEAST_SHARE` of the farthest. What a few pictures lose at
    the ends is less than all others gain by smaller steps: PlainFace at 640 on held-out training
    pictures, AP easy / medium / hard: float32 90.7/88.5/80.9; shares of 1 90.0/87.5/79.3, 0.75
    90.3/88.1/80.1, 0.6 90.6/88.3/80.5. FBI and YuNet differ by 0.3.
    """
    reach = np.abs(values)
    farthest = np.take_along_axis(values, reach.argmax(axis=0)[None], axis=0)[0]
    median = np.nanmedian(np.where(reach >= reach.max(axis=0) / 2, values, np.nan), axis=0)
    least = LEAST_SHARE * farthest
    return np.where(np.abs(median) > np.abs(least), median, least).astype(values.dtype)


def _fit_output(tensor: str, values: dict[str, Any]) -> None:
    """Widens the range of what leaves the network, and narrows that of low scores."""
    for scope, least in LEAST_RANGES.items():
        if re.search(rf"{_NETWORK}{scope}/", tensor):
            values["min"] = np.minimum(values["min"], np.float32(-least))
            values["max"] = np.maximum(values["max"], np.float32(least))
    if re.search(rf"{_NETWORK}{SCORES_SCOPE}/", tensor):
        values["min"] = np.maximum(values["min"], np.float32(LEAST_LOGIT))


def _network_outputs(content: bytes) -> set[str]:
    """Names of the tensors by which the network of a float32 file is left."""
    graph = EditedFile(content).graph
    names = [tensor.name.decode() for tensor in graph.tensors]
    inside = [bool(re.search(_NETWORK, name)) for name in names]
    return {
        names[tensor]
        for operator in graph.operators
        if not any(inside[tensor] for tensor in operator.outputs)
        for tensor in operator.inputs
        if tensor >= 0 and inside[tensor]
    }


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keeps progress bars, one a picture, and a report of the quantizer to itself."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
        without_notices(),
    ):
        warnings.simplefilter("ignore")
        yield
