"""The options of a detector, read off its constructor and its recipe."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import pytest

from tfface.detectors.options import Option, constructor_options, recipe_options


@dataclass(frozen=True)
class Recipe:
    """How it trains.

    Attributes:
        first, second: two weights
            of one sentence.
        rule: one of two words.
    """

    first: float = 1.0
    second: float = 2.0
    rule: Literal["hard", "soft"] = "soft"
    silent: bool = False


class Toy:
    """A detector.

    Args:
        width: of everything: a number.
        levels: of the pyramid.

    Returns:
        nothing: which is no option.
    """

    recipe_class = Recipe

    def __init__(self, width: float = 0.5, levels: tuple[int, ...] = (3, 4), **kwargs):
        pass


def test_options_of_a_constructor_are_its_annotated_keywords() -> None:
    assert constructor_options(Toy) == [
        Option("width", float, 0.5, "of everything: a number."),
        Option("levels", tuple[int, ...], (3, 4), "of the pyramid."),
    ]


def test_a_detector_has_the_options_of_its_class() -> None:
    assert constructor_options(Toy()) == constructor_options(Toy)


def test_options_of_a_recipe_are_its_fields() -> None:
    first, second, rule, silent = recipe_options(Toy)

    assert first == Option("first", float, 1.0, "two weights of one sentence.")
    assert second == Option("second", float, 2.0, "two weights of one sentence.")
    assert (rule.default, rule.help) == ("soft", "one of two words.")
    assert silent == Option("silent", bool, False, "")


def test_the_type_of_the_elements_of_a_tuple() -> None:
    width, levels = constructor_options(Toy)

    assert (width.item_type, levels.item_type) == (None, int)


def test_the_words_of_a_literal() -> None:
    assert [option.choices for option in recipe_options(Toy)] == [(), (), ("hard", "soft"), ()]


def test_an_option_without_annotation_or_default_is_an_error() -> None:
    class Bare:
        def __init__(self, width=0.5):
            pass

    class Needy:
        def __init__(self, width: float):
            pass

    for kind in (Bare, Needy):
        with pytest.raises(
            TypeError, match=f"annotation and a default for 'width', .*{kind.__name__}"
        ):
            constructor_options(kind)


def test_an_annotation_that_python_does_not_know_is_an_error() -> None:
    class Typed:
        def __init__(self, width: "Width" = 0.5):  # type: ignore[name-defined]  # noqa: F821
            pass

    with pytest.raises(TypeError, match="annotations of Typed that Python knows .*'Width'"):
        constructor_options(Typed)


def test_a_recipe_is_a_dataclass_with_defaults() -> None:
    @dataclass(frozen=True)
    class Needy:
        weight: float

    class OfNeedy:
        recipe_class = Needy

    with pytest.raises(TypeError, match="a default for 'weight', an option of Needy, got none"):
        recipe_options(OfNeedy)
    with pytest.raises(TypeError, match="a dataclass as its recipe_class, got Fraction with None"):
        recipe_options(Fraction)


def test_a_tuple_of_several_types_has_no_type_of_its_elements() -> None:
    given = (tuple[int, ...], tuple[int, int], tuple[int, str], tuple)
    assert [Option("a", kind, (), "").item_type for kind in given] == [int, int, None, None]


def test_a_constructor_of_nothing_but_others_keywords_has_no_options() -> None:
    class Plain:
        def __init__(self, **kwargs):
            pass

    assert constructor_options(Plain) == []
