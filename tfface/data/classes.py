"""Which of the classes of a data set is that of faces."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

Key = TypeVar("Key")

FACE_NAMES = ("face", "faces", "human face", "human_face", "0")
"""What data sets call it; in Open Images it is Human face, and 0 is the first class of YOLO."""


def chosen_class(names: Mapping[Key, str], source: Path) -> Key:
    """The class of faces: the only one, or the one that is named so.

    Args:
        names: of the classes, by what the list numbers them with; at least one.
        source: the list, for the message.

    Raises:
        ValueError: there are several, and none or more than one is called a face.
    """
    if len(names) == 1:
        return next(iter(names))
    called = [key for key, name in names.items() if name.strip().lower() in FACE_NAMES]
    if len(called) != 1:
        raise ValueError(
            f"{source}: expected one class, or one named face, got "
            f"{', '.join(sorted(set(map(str, names.values()))))}; leave the others out"
        )
    return called[0]
