"""A checksum at the end of a file, so that a damaged one is known before it is used."""

import hashlib
import os
from pathlib import Path

_MARK = b"\ntfface-sha256:"
_LENGTH = len(_MARK) + hashlib.sha256().digest_size


def seal(path: Path) -> None:
    """Adds the SHA-256 of a file to its end, where HDF5 does not look."""
    digest = _digest(path, os.path.getsize(path))
    with path.open("ab") as file:
        file.write(_MARK + digest)


def is_damaged(path: Path) -> bool:
    """Whether a file is not what was sealed; one without a seal, of an older release, is not.

    Raises:
        OSError: it cannot be read.
    """
    size = os.path.getsize(path) - _LENGTH
    if size < 0:
        return True
    with path.open("rb") as file:
        file.seek(size)
        end = file.read()
    return end.startswith(_MARK) and end[len(_MARK) :] != _digest(path, size)


def _digest(path: Path, size: int) -> bytes:
    """The SHA-256 of the first `size` bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(min(1 << 20, size)):
            digest.update(block)
            size -= len(block)
    return digest.digest()
