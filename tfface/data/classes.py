"""Which of the classes of a data set is that of faces."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

Key = TypeVar("Key")

FACE_NAMES = ("face", "faces", "human face", "human_face", "0")
"""What data sets call it; in Open Images it is Human face, and 0 is the first class of YOLO."""


def chosen_class(
    names: Mapping[Key, str], source: Path, declared: Mapping[Key, str] | None = None
) -> Key:
    """The class of faces: the one that is named so, or the only one.

    Args:
        names: of the classes of which there are annotations, by what the list numbers them with; at
            least one.
        source: the list, for the message.
        declared: all that the list says that it has: where annotations are of persons alone and
            another class is called a face, there is no face.

    Raises:
        ValueError: there are several, and none or more than one is called a face.
    """
    called = _called_face(names)
    if not called and declared:
        called = _called_face(declared)
    if not called and len(names) == 1:
        return next(iter(names))
    if len(called) != 1:
        raise ValueError(
            f"{source}: expected one class, or one named face, got "
            f"{', '.join(sorted(set(map(str, names.values()))))}; leave the others out"
        )
    return called[0]


def _called_face(names: Mapping[Key, str]) -> list[Key]:
    return [key for key, name in names.items() if name.strip().lower() in FACE_NAMES]
