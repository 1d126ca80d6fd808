"""The files of a data set that a folder and those below it hold."""

from collections.abc import Collection
from pathlib import Path


def visible_files(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """The files whose names end so, in capitals or not, in the order of their paths.

    Hidden ones are none, such as macOS keeps beside others, nor is anything in a hidden folder.
    """
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in suffixes
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    ]
