"""Locks that end with the process that has them, however it ends."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl

    _LOCKS = True
except ImportError:  # Windows, where nothing is locked
    _LOCKS = False


class LockedError(OSError):
    """What is to be used is used by another process."""


def try_to_lock(descriptor: int) -> bool | None:
    """Locks an open file or folder: whether it is locked now; None where nothing can be locked."""
    if not _LOCKS:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False  # another process has it
    except OSError:
        return None
    return True


@contextmanager
def folder_for_one(folder: Path, work: str) -> Iterator[None]:
    """A block in which no other process is in such a block with the same folder.

    Where the file system knows no locks, as some that are shared over a network, nothing is locked.

    Args:
        folder: made when it is missing, and removed where the block leaves nothing in it.
        work: what is done there, for the message, such as "training".

    Raises:
        LockedError: another process has it.
        OSError: the folder cannot be made.
    """
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY) if _LOCKS else None  # Windows opens no folders
    try:
        if descriptor is not None and try_to_lock(descriptor) is False:
            raise LockedError(
                f"expected a folder of its own for this {work}, got {folder}, where another {work} "
                "is at work; wait for it, or choose another --output"
            )
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)
        if is_new and not any(folder.iterdir()):
            folder.rmdir()
