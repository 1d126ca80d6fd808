"""Which of the classes of a data set is that of faces."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

Key = TypeVar("Key")

FACE_NAMES = ("face", "faces", "human face", "human_face")
"""What data sets call it; in Open Images it is Human face."""

_SHOWN = 5
"""So many classes are in a message: some data sets have hundreds."""


def check_declared(used: Iterable[Key], declared: Mapping[Key, str], source: Path) -> None:
    """Raises where annotations are of classes that a list does not have, which would be lost.

    Args:
        used: what annotations number their classes with.
        declared: the names of all classes of the list; where there are none, nothing is checked.
        source: the list, for the message.

    Raises:
        ValueError: there are such annotations.
    """
    unknown = sorted(repr(key) for key in used if key not in declared)
    if declared and unknown:
        known = [f"{key!r} {name}" for key, name in declared.items()]
        raise ValueError(
            f"{source}: expected annotations of its classes, {_first(known)}, got some of "
            f"{_first(unknown)}; number the annotations as the classes, or name those classes too"
        )


def chosen_classes(
    names: Mapping[Key, str], source: Path, declared: Mapping[Key, str] | None = None
) -> set[Key]:
    """The classes of faces: those that are named so, in capitals or not, or the only one.

    Args:
        names: of the classes of which there are annotations, by what the list numbers them with; at
            least one.
        source: the list, for the message.
        declared: all that the list says that it has: where annotations are of persons alone and
            another class is called a face, there is no face.

    Raises:
        ValueError: there are several, and none is called a face.
    """
    called = _called_face(names)
    if not called and declared:
        called = _called_face(declared)
    if not called and len(names) == 1:
        return set(names)
    if not called:
        raise ValueError(
            f"{source}: expected one class, or one named face, got "
            f"{', '.join(sorted(set(map(str, names.values()))))}; leave the others out"
        )
    return called


def _first(texts: list[str]) -> str:
    return ", ".join(texts[:_SHOWN]) + ", ..." * (len(texts) > _SHOWN)


def _called_face(names: Mapping[Key, str]) -> set[Key]:
    return {key for key, name in names.items() if name.strip().lower() in FACE_NAMES}
