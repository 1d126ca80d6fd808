"""tfface.predict.strategy: which views of a picture are searched."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfface.predict.strategy import OVERLAP, Tiles, Turned, parse_strategy
from tfface.predict.view import View

PICTURE = (600, 800)  # height and width
WHOLE = (0, 0, 800, 600)


@pytest.mark.parametrize(
    ("text", "long_side"),
    [
        ("original", 0),
        ("long_side=640", 640),
        ("scale=1.5", 1200),
        ("scale=.5", 400),
        ("short_side=300", 400),
        ("short_side=1200", 1600),
        ("short_side=1200:1333", 1333),
    ],
)
def test_one_size(text: str, long_side: int) -> None:
    assert parse_strategy(text).views(PICTURE) == [View(WHOLE, long_side)]


def test_a_pyramid_has_every_size_once_and_mirrored() -> None:
    views = parse_strategy("pyramid=400,0.5x,1x").views(PICTURE)

    # Half of 800 is 400, which is there already.
    assert views == [
        View(WHOLE, side, mirrored) for side in (400, 800) for mirrored in (False, True)
    ]


def test_a_pyramid_ends_at_twice_the_picture_and_at_3000_pixels() -> None:
    views = parse_strategy("pyramid=100,5000").views((150, 200))
    assert {view.long_side for view in views} == {100, 400}
    views = parse_strategy("pyramid=100,5000").views((1500, 2000))
    assert {view.long_side for view in views} == {100, 3000}


def test_turned_looks_at_every_quarter() -> None:
    views = Turned(parse_strategy("long_side=640")).views(PICTURE)

    assert views == [View(WHOLE, 640, turns=turns) for turns in range(4)]


def test_a_picture_of_one_tile_is_searched_once() -> None:
    assert Tiles(1024).views((1024, 1024)) == [View((0, 0, 1024, 1024), None)]


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(32, 2000))
def test_tiles_cover_the_picture_and_overlap(height: int, width: int, side: int) -> None:
    whole, *tiles = Tiles(side).views((height, width))

    assert whole == View((0, 0, width, height), None)
    for axis, length in ((0, width), (1, height)):
        edges = sorted({(tile.region[axis], tile.region[axis + 2]) for tile in tiles})
        if not edges:
            assert max(height, width) <= side
            continue
        assert edges[0][0] == 0
        assert edges[-1][1] == length
        assert all(end - start == min(side, length) for start, end in edges)
        starts = np.array([start for start, _ in edges])
        assert (np.diff(starts) <= side * (1 - OVERLAP) + 1).all()


@pytest.mark.parametrize(
    "text",
    [
        *("", "pyramids", "pyramid=", "pyramid=a", "pyramid=640,,", "tiles=", "tiles=8", "tiles=x"),
        *("long_side", "long_side=-1", "long_side=99999999999", "long_side=٦٤٠", "scale=0"),
        *("scale=nan", "scale=1e9", "scale=x", "short_side=640:", "short_side=a:b", "original=3"),
    ],
)
def test_what_names_no_strategy_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a strategy of long_side=PIXELS"):
        parse_strategy(text)
