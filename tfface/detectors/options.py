"""The options of a detector: keywords of its constructor, and fields of its recipe.

Command lines offer them as flags, so that a new detector brings its own.
"""

import dataclasses
import inspect
import re
import typing
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Option:
    """One option.

    Attributes:
        name: keyword, attribute, key of the configuration and flag.
        type: `float`, `int`, `bool`, `str`, a `Literal` of words, or a tuple type of numbers or
            strings; command lines take no others.
        default: what the detector takes where nothing is said.
        help: its description, of the docstring of the class that has it.
    """

    name: str
    type: Any
    default: Any
    help: str

    @property
    def item_type(self) -> Any:
        """The type of every element of a tuple; None for what is no tuple of one type."""
        if typing.get_origin(self.type) is not tuple:
            return None
        first, *others = typing.get_args(self.type)
        return first if set(others) <= {first, ...} else None

    @property
    def choices(self) -> tuple[str, ...]:
        """The words of a `Literal`; none for another type."""
        is_literal = typing.get_origin(self.type) is typing.Literal
        return typing.get_args(self.type) if is_literal else ()


def constructor_options(detector: Any) -> list[Option]:
    """The options that make the network: of a detector or its class.

    Raises:
        TypeError: a keyword without annotation or without default, or an annotation that Python
            does not know.
    """
    detector_class = detector if isinstance(detector, type) else type(detector)
    hints = _hints(getattr(detector_class, "__init__"), detector_class)  # noqa: B009 - for mypy
    descriptions = _descriptions(detector_class)
    options = []
    for name, parameter in inspect.signature(detector_class).parameters.items():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        if name not in hints or parameter.default is parameter.empty:
            raise TypeError(
                f"expected an annotation and a default for {name!r}, an option of "
                f"{detector_class.__name__}, got {parameter}"
            )
        options.append(Option(name, hints[name], parameter.default, descriptions.get(name, "")))
    return options


def recipe_options(detector: Any) -> list[Option]:
    """The options of the training: the fields of `recipe_class`.

    Raises:
        TypeError: no such dataclass, a field without default, or an annotation that Python does not
            know.
    """
    detector_class = detector if isinstance(detector, type) else type(detector)
    recipe_class = getattr(detector, "recipe_class", None)
    if not (isinstance(recipe_class, type) and dataclasses.is_dataclass(recipe_class)):
        raise TypeError(
            f"expected a detector, with a dataclass as its recipe_class, got "
            f"{detector_class.__name__} with {recipe_class}"
        )
    hints = _hints(recipe_class, detector_class)
    for field in dataclasses.fields(recipe_class):
        if field.default is dataclasses.MISSING:
            raise TypeError(
                f"expected a default for {field.name!r}, an option of {recipe_class.__name__}, got "
                "none or one that is made anew each time"
            )
    descriptions: dict[str, str] = {}
    for described in reversed(recipe_class.__mro__):  # a recipe describes what it adds to another
        descriptions.update(_descriptions(described))
    return [
        Option(field.name, hints[field.name], field.default, descriptions.get(field.name, ""))
        for field in dataclasses.fields(recipe_class)
    ]


def _hints(annotated: Any, detector_class: type) -> dict[str, Any]:
    try:
        return typing.get_type_hints(annotated)
    except NameError as error:
        raise TypeError(
            f"expected annotations of {detector_class.__name__} that Python knows when it runs, "
            f"got one of which {error}"
        ) from error


def _descriptions(documented: type) -> dict[str, str]:
    """What the sections "Args" and "Attributes" of a docstring say, by name."""
    descriptions: dict[str, str] = {}
    for section in re.findall(
        r"^(?:Args|Attributes):\n((?:[ ]{4}.*\n?|\n)+)", inspect.getdoc(documented) or "", re.M
    ):
        entries = re.split(r"^ {4}(?=\w)", section, flags=re.M)
        for entry in filter(None, entries):
            names, _, text = entry.partition(":")
            for name in names.split(","):
                descriptions[name.strip()] = " ".join(text.split())
    return descriptions
