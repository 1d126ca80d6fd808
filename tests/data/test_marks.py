"""tfface.data.marks: flags, scores and sizes of lists."""

import re

import pytest

from tfface.data.marks import is_marked, score_of, size_of


@pytest.mark.parametrize("value", [1, True, 1.0, "1", "1.0", " TRUE", "yes", 2])
def test_what_is_marked(value: object) -> None:
    assert is_marked(value, "list")


@pytest.mark.parametrize("value", [0, False, 0.0, "0", "0.0", "", "False", "no", "nan", None])
def test_what_is_not(value: object) -> None:
    assert not is_marked(value, "list")


def test_what_is_no_flag() -> None:
    with pytest.raises(ValueError, match="list:3: expected 0 or 1 as a flag, got 'crowded'"):
        is_marked("crowded", "list:3")


@pytest.mark.parametrize(
    ("value", "score"),
    [(0.5, 0.5), (" 0.25", 0.25), ("", 1), (None, 1), ("nan", 1), (0, 0), (1, 1)],
)
def test_scores(value: object, score: float) -> None:
    assert score_of(value, "list") == score


@pytest.mark.parametrize(("value", "score"), [(1.0000001192092896, 1), ("-1e-9", 0)])
def test_scores_that_were_rounded(value: object, score: float) -> None:
    assert score_of(value, "list") == score


@pytest.mark.parametrize("value", ["87", 1.5, -0.5, "inf", "-nan"])
def test_scores_outside_of_their_range(value: object) -> None:
    message = f"list:3: expected a score in 0..1, got '{value}'; divide percentages by 100"
    with pytest.raises(ValueError, match=re.escape(message)):
        score_of(value, "list:3")


def test_what_is_no_score() -> None:
    with pytest.raises(ValueError, match="list:3: expected a number as a score, got 'high'"):
        score_of("high", "list:3")


@pytest.mark.parametrize(("width", "height"), [(40, 20), ("40", "20"), (40.0, "20.0")])
def test_sizes(width: object, height: object) -> None:
    assert size_of(width, height) == (40, 20)


@pytest.mark.parametrize("width", [0, -1, None, "", "wide", "nan", "inf", [40]])
def test_what_is_no_size(width: object) -> None:
    assert size_of(width, 20) is None
