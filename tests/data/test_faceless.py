"""Pictures of nothing."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from tfface.data.faceless import FACELESS_DRAWS, PATTERNS, faceless_image, plain_colour

BLACK, WHITE, ANY = 0.2, 0.45, 0.9
"""Numbers that draw each kind of colour, with the probabilities 0.4, 0.1 and 0.3."""


def draw(pattern: str, **numbers: float) -> dict:
    """A black and white picture of that pattern without grain, upright, and what is given."""
    place = (PATTERNS.index(pattern) + 0.5) / len(PATTERNS)
    values = {
        **dict.fromkeys(FACELESS_DRAWS, 0.0),
        **{"fill": BLACK, "other": WHITE, "pattern": place, **numbers},
    }
    return {name: ops.array(value, "float32") for name, value in values.items()}


def image(pattern: str, size: int = 8, **numbers: float) -> np.ndarray:
    return np.asarray(faceless_image(draw(pattern, **numbers), size))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (0.0, (0, 0, 0)),
        (0.39, (0, 0, 0)),
        (0.4, (255, 255, 255)),
        (0.49, (255, 255, 255)),
        # Half way: 255 x 0.625 of 1, 0.6 + 0.25 / 2 and 0.4 + 0.4 / 2.
        (0.5, (159.375, 115.547, 95.625)),
        (0.7, (127.5, 127.5, 127.5)),
        (1.0, (127.5, 127.5, 127.5)),
    ],
)
def test_four_kinds_of_colour(kind: float, expected) -> None:
    half = ops.array(0.5)

    colour = plain_colour(ops.array(kind, "float32"), half, half, half)

    np.testing.assert_allclose(np.asarray(colour), expected, atol=1e-2)


def test_flat_is_the_first_colour_everywhere() -> None:
    assert np.ptp(image("flat")) == image("flat").max() == 0
    flat = image("flat", fill=ANY, fill_red=1.0, fill_green=0.2, fill_blue=0.0)
    np.testing.assert_allclose(flat, np.broadcast_to([255, 51, 0], (8, 8, 3)), atol=1e-3)


def test_a_gradient_rises_evenly_from_one_colour_to_the_other() -> None:
    # Centres of eight columns lie at 1/16, 3/16, ... of the way.
    row = 255 * (np.arange(8) + 0.5) / 8

    np.testing.assert_allclose(image("gradient")[..., 1], np.tile(row, (8, 1)), atol=1e-3)


def test_dots_are_round_and_apart() -> None:
    # 0.5 x 32 to the power of 0.4: two periods a side, so sixteen cells, every second with a dot.
    dots = image("dots", size=64, period=0.4)[..., 0]

    count, _, boxes, _ = cv2.connectedComponentsWithStats((dots > 0).astype(np.uint8))
    assert count - 1 == 8
    widths, heights, areas = boxes[1:, 2:5].T
    np.testing.assert_array_equal(widths, heights)
    assert np.all(areas < 0.95 * widths * heights)
    assert dots.min() == 0 and dots.max() == 255


def test_stripes_have_the_period_drawn() -> None:
    # At 1 there is a period to every four pixels: two are of one colour and two of the other.
    row = image("stripes", size=16, period=1.0)[5, :, 0]

    assert set(np.unique(row)) == {0, 255}
    assert set(np.diff(np.flatnonzero(np.diff(row))).tolist()) == {2}


def test_checks_change_along_both_axes() -> None:
    checks = image("checks", size=16, period=1.0)[..., 0]

    assert set(np.unique(checks)) == {0, 255}
    np.testing.assert_array_equal(checks[:, 0], 255 - checks[:, 2])
    np.testing.assert_array_equal(checks[0], 255 - checks[2])


def test_grain_is_noise_around_the_colour_and_half_of_the_pictures_have_none() -> None:
    grey = {"fill": ANY, "fill_red": 0.5, "fill_green": 0.5, "fill_blue": 0.5}

    assert np.ptp(image("flat", size=64, grain=0.5, **grey)) == 0
    grainy = image("flat", size=64, grain=1.0, **grey)

    # Even between -60 and 60: a standard deviation of 120 / sqrt(12) = 34.6.
    assert grainy.std() == pytest.approx(34.6, abs=1.5)
    assert grainy.mean() == pytest.approx(127.5, abs=1.5)
    neighbours = np.corrcoef(grainy[:, 1:, 0].ravel(), grainy[:, :-1, 0].ravel())
    assert abs(neighbours[0, 1]) < 0.1


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {name: st.floats(0, 1, exclude_max=True, width=32) for name in FACELESS_DRAWS}
    )
)
def test_every_picture_is_in_range(numbers) -> None:
    numbers = {name: ops.array(value, "float32") for name, value in numbers.items()}

    picture = np.asarray(faceless_image(numbers, 16))

    assert picture.shape == (16, 16, 3)
    assert np.isfinite(picture).all() and picture.min() >= 0 and picture.max() <= 255
