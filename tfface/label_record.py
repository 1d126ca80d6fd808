"""Label files, and a record of them, by which later runs know them from labels made by hand.

A label file is lines of numbers, in which nothing can be marked.
"""

import hashlib
from pathlib import Path

from tfface.files import atomic_path, full

_RECORD = ".tfface-labels"
"""In the folder of the label files: a line for each that was written, of its name and content."""


def write_labels(path: Path, text: str) -> None:
    """Writes a label file, and records it first: what is there is never without its record.

    Its folder is made where it is missing.

    Raises:
        OSError: nothing can be written there.
    """
    content = text.encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() and path.read_bytes() == content:
        return
    try:
        with path.with_name(_RECORD).open("a", encoding="ascii") as record:
            record.write(_digest(path, content) + "\n")
    except OSError as error:
        raise full(error, str(path)) or error from None
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def recorded(folder: Path) -> frozenset[str]:
    """The record of a folder, for `is_recorded`."""
    record = folder / _RECORD
    if not record.is_file():
        return frozenset()
    return frozenset(record.read_text(encoding="ascii", errors="replace").split())


def is_recorded(path: Path, record: frozenset[str]) -> bool:
    """Whether a file is as `write_labels` wrote it: corrected by hand, it is the user's."""
    return bool(record) and path.is_file() and _digest(path, path.read_bytes()) in record


def _digest(path: Path, content: bytes) -> str:
    name = path.name.encode(errors="surrogateescape")
    return hashlib.sha256(name + b"\0" + content).hexdigest()
