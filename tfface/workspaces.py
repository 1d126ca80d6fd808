"""Temporary folders beside what is written, which do not outlive a process that was killed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tfface.locking import try_to_lock

_LOCK = ".tfface-lock"
"""In every workspace: a file that the process that works in it has locked."""

_swept: set[str] = set()
"""Folders that this process has swept: a folder of many pictures is listed once."""


@contextmanager
def workspace(parent: Path, name: str) -> Iterator[Path]:
    """A temporary folder in `parent`, hidden, with some of `name` in its own name.

    `parent` is made where it is missing. What killed processes left in it is removed.

    Raises:
        OSError: no folder can be made there.
    """
    parent.mkdir(parents=True, exist_ok=True)
    _sweep(parent)
    while True:
        with tempfile.TemporaryDirectory(dir=parent, prefix=f".{name[:32]}.") as folder:
            marker = os.path.join(folder, _LOCK)
            lock = os.open(marker, os.O_CREAT | os.O_RDWR, 0o600)
            try:
                # Before it is locked, another process may take it for one that is left.
                if try_to_lock(lock) is False or not os.path.exists(marker):
                    continue
                yield Path(folder)
                return
            finally:
                os.close(lock)


def _sweep(parent: Path) -> None:
    """Removes the workspaces in `parent` that nobody works in."""
    place = os.path.realpath(parent)
    if place in _swept:
        return
    _swept.add(place)
    for marker in parent.glob(f".*/{_LOCK}"):
        try:
            lock = os.open(marker, os.O_RDWR)
        except OSError:  # another process sweeps, or its owner has just ended
            continue
        try:
            if try_to_lock(lock):
                shutil.rmtree(marker.parent, ignore_errors=True)
        finally:
            os.close(lock)
