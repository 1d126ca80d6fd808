"""tfface.detectors.building: what a network may ask for."""

import functools

import keras
import numpy as np
import pytest

from tfface.detectors import building
from tfface.detectors.building import MAX_PARAMETERS, build_within_limits, check_options
from tfface.detectors.options import Option
from tfface.layers.convolution import ConvBlock

OPTIONS = [
    Option("width", float, 1.0, ""),
    Option("blocks", tuple[int, ...], (2, 2), ""),
    Option("name", str, "", ""),
]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"width": float("nan")}, "width as a number"),
        ({"width": float("inf")}, "width as a number"),
        ({"blocks": [2, 10**9]}, "blocks of at most 2048"),
        ({"blocks": [1] * 1000}, "at most 64 elements of blocks"),
    ],
)
def test_absurd_numbers_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_options(OPTIONS, values)


def test_usual_ones_pass() -> None:
    check_options(OPTIONS, {"width": 2.0, "blocks": [3, 4], "name": "a", "other": 10**9})


class Dense(keras.Model):
    def __init__(self, units: int) -> None:
        super().__init__()
        self.layer = keras.layers.Dense(units)

    def call(self, values, training=None):
        return self.layer(values)


def test_a_network_is_refused_before_its_weights_are_made() -> None:
    """Two terabytes: no machine makes them first."""
    units = 1 << 36  # seven inputs and a bias to each: 8 numbers a unit

    with pytest.raises(
        ValueError, match=f"at most {MAX_PARAMETERS} parameters, got one of {1 << 39};"
    ):
        build_within_limits(Dense(units), keras.Input((7,)))


def test_a_refused_network_does_not_burden_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "MAX_PARAMETERS", 100)
    with pytest.raises(ValueError, match="at most 100 parameters, got one of 200"):
        build_within_limits(Dense(25), keras.Input((7,)))  # 7 x 25 + 25
    small = Dense(2)

    build_within_limits(small, keras.Input((7,)))

    assert small(np.zeros((3, 7), np.float32)).shape == (3, 2)


def test_every_layer_is_traced_once(TinyDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    traced, call = [], ConvBlock.call

    @functools.wraps(call)
    def note(layer, *given, **options):
        traced.append(layer)
        return call(layer, *given, **options)

    monkeypatch.setattr(ConvBlock, "call", note)

    detector = TinyDetector()

    assert traced == [*detector.stem, detector.reduction]


def test_files_and_flags_ask_through_the_same_door(TinyDetector) -> None:
    with pytest.raises(ValueError, match="expected width"):
        TinyDetector.from_config({"width": 1e300})
    with pytest.raises(ValueError, match="parameters"):
        TinyDetector.from_config({"width": 5000.0})  # 5 x 5 x 80,000 x 80,000 in one layer
