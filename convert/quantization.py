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
from tfface.predict.notices import without_notices
from tfface.predict.packages import optional_packages

PRECISIONS = ("float32", "float16", "dynamic", "int8", "int16x8")
"""Kinds of TFLite files, the most exact first.

`float16`: weights as float16, arithmetic float32. `dynamic`: weights int8, activations int8 from
range to range as they come. `int8`: both int8, with ranges of activations fixed by calibration.
`int16x8`: activations int16, weights int8. Weights have one scale for each output channel.
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
    leave the network as outputs of their own, each with the scale that its values need.

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
    ranges = _ranges(quantizer, pictures, name) if precision in CALIBRATED else None
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


def _ranges(quantizer: Any, pictures: Iterable[NDArray[np.uint8]], name: str) -> dict[str, Any]:
    """The smallest and the largest value of every tensor over all pictures.

    The quantizer itself takes a moving average over the pictures. A face sets the largest score of
    its picture alone, and an average over pictures without large faces would cut it off.
    """
    ranges: dict[str, Any] = {}
    for batch in pictures:
        samples = {name: [{signature.INPUT: batch}]}
        with _silence():
            of_picture = quantizer.calibrate(samples, num_threads=1)
        for tensor, values in of_picture.items():
            known = ranges.setdefault(tensor, dict(values))
            if values:
                known["min"] = np.minimum(known["min"], values["min"])
                known["max"] = np.maximum(known["max"], values["max"])
    for tensor, values in ranges.items():
        for scope, least in LEAST_RANGES.items():
            if values and re.search(rf"{_NETWORK}{scope}/", tensor):
                values["min"] = np.minimum(values["min"], np.float32(-least))
                values["max"] = np.maximum(values["max"], np.float32(least))
    if not ranges:
        raise ValueError("expected pictures to calibrate on, got none; name a folder of them")
    return ranges


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
