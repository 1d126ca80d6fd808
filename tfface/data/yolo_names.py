"""The names of YOLO's classes: `classes.txt`, `obj.names`, or `names` of a `data.yaml`."""

import re
from collections.abc import Iterator
from pathlib import Path

from tfface.data.text import read_text

CLASSES = "classes.txt"
LISTS = (CLASSES, "obj.names")
"""A name a line, as labelling tools write it; the latter is CVAT's."""

DATA_FILES = ("data.yaml", "data.yml")
"""As Ultralytics and Roboflow write it."""

_LEVELS = 3
"""The labels lie in the folder of the data set, in `labels` below it, or in `labels/train`."""


def class_names(folder: Path) -> dict[str, str]:
    """The name of every class by its number; none where nothing says them. The nearest file counts.

    Args:
        folder: of the labels.

    Raises:
        ValueError: a file in another encoding, or a `data.yaml` whose names are in no usual form.
    """
    path = folder.absolute()
    for place in (path, *path.parents)[:_LEVELS]:
        for name in LISTS:
            if (place / name).is_file():
                lines = read_text(place / name).splitlines()
                return {str(number): name for number, name in enumerate(lines) if name.strip()}
        for name in DATA_FILES:
            if (place / name).is_file():
                return _names_of(read_text(place / name), place / name)
    return {}


def _names_of(text: str, path: Path) -> dict[str, str]:
    """What stands below `names` in YAML: a list or a mapping, on one line or on several."""
    found = re.search(r"^names[ ]*:(.*(?:\n(?:[ \t\-\]}#].*)?)*)", text, re.MULTILINE)
    if not found:
        return {}
    names: dict[str, str] = {}
    for number, entry in enumerate(_entries(found[1])):
        key, value = re.fullmatch(r"(?:['\"]?(\d+)['\"]?[ ]*:)?(.*)", entry).groups()  # type: ignore[union-attr]
        names[key or str(number)] = value.strip().strip("'\"")
    if not names or not all(names.values()):
        raise ValueError(f"{path}: expected names of classes, such as names: [face], got {text!r}")
    return names


def _entries(block: str) -> Iterator[str]:
    """The elements of a list or mapping in YAML, without the signs of either."""
    lines = [re.sub(r"(^|\s)#.*", "", line).strip() for line in block.splitlines()]
    whole = " ".join(lines).strip()
    parts = whole[1:-1].split(",") if whole[:1] in ("[", "{") else lines
    for part in parts:
        entry = part.strip().removeprefix("- ").strip()
        if entry:
            yield entry
