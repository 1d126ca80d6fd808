"""Writing files so that nobody ever meets a half-written one under its final name."""

import errno
import io
import json
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from tfface.odd_names import ENCODING, ERRORS, taking_names
from tfface.reasons import reason_of
from tfface.workspaces import workspace

STANDARD_OUTPUT = Path("-")
"""Stands for standard output wherever a file to write is named."""

_BLOCK = 1 << 20

_DESCRIPTORS = re.compile(r"/proc/.*/fd|/dev/fd")
"""The folders of open files, to which /dev/stdout leads, and the shell's >(command)."""


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""A disk, someone's share of it, or what a process may write is at its end."""


class OutputError(OSError):
    """A place that cannot be written to."""


def full(error: BaseException, place: str) -> OutputError | None:
    """An error that names the place, where `error` says that it is full, and not where."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return OutputError(
            f"expected space for {place}, got: {reason_of(error)}; make room, or write elsewhere"
        )
    return None


def stamp_of(path: str | os.PathLike[str]) -> list[int]:
    """Size and time of a file, by which it is known again; nothing where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns]


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path whose file takes the place of `path` when the block ends without an error.

    The folder of `path` is made when it is missing. When the block raises, the temporary file is
    removed and a file that was already at `path` stays as it was. The temporary name keeps the
    suffix of `path`, because many writers choose the format by it. Of a link, what it leads to is
    replaced. A pipe, a device and standard output (`-`) are not: the finished file is copied there.

    Raises:
        OutputError: nothing can be written there.
        FileNotFoundError: the block ended without having written the temporary file.
    """
    if is_stream(path):
        with tempfile.TemporaryDirectory() as folder:
            temporary = Path(folder) / Path(path).name
            yield temporary
            _check_written(temporary, path)
            with temporary.open("rb") as content, _open_stream(path) as stream:
                shutil.copyfileobj(content, stream)
        return
    final = Path(os.path.realpath(path))
    with _workspace(final) as folder:
        temporary = folder / Path(path).name
        try:
            yield temporary
        except OSError as error:
            is_here = error.errno in _FULL and not _has_space(folder)
            raise (full(error, str(path)) if is_here else None) or error from None
        _check_written(temporary, path)
        if os.path.exists(final):
            shutil.copymode(final, temporary)
        os.replace(temporary, final)


@contextmanager
def open_output(path: str | os.PathLike[str]) -> Iterator[TextIO]:
    """A text file to write bit by bit, which is at `path` when the block ends without an error.

    It is in UTF-8, and takes names of files that are no text, as `tfface.odd_names` says. It
    differs from `atomic_path` for a pipe, a device or standard output: they get every bit.

    Raises:
        OutputError: nothing can be written there.
    """
    if Path(path) == STANDARD_OUTPUT:
        with _standard_output() as file:
            yield file
    elif is_stream(path):
        with _open_stream(path) as stream, io.TextIOWrapper(stream, ENCODING, ERRORS) as file:
            yield file
    else:
        with (
            atomic_path(path) as temporary,
            temporary.open("w", encoding=ENCODING, errors=ERRORS) as file,
        ):
            yield file


def write_json(path: str | os.PathLike[str], content: Any) -> None:
    """Writes `content` as JSON, whole or not at all.

    Raises:
        OutputError: nothing can be written there.
        TypeError, ValueError: `content` holds something that JSON has no form for, such as NaN.
    """
    text = json.dumps(content, indent=1, allow_nan=False) + "\n"
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def reserve(path: Path, size: int) -> None:
    """Raises OutputError unless `size` bytes can be written to the new file `path`, and removes it.

    For writers whose own failure ends the process: HDF5 crashes where a disk is full.
    """
    try:
        with path.open("xb") as file:
            for _ in range(0, size, _BLOCK):
                file.write(bytes(_BLOCK))
    except OSError as error:
        raise OutputError(
            f"expected space for {size} bytes, got none for {path.name} in {path.parent.parent}: "
            f"{reason_of(error)}"
        ) from error
    finally:
        path.unlink(missing_ok=True)


def _has_space(folder: Path) -> bool:
    try:
        reserve(folder / "space", _BLOCK)
    except OutputError:
        return False
    return True


def check_file(path: str | os.PathLike[str]) -> None:
    """Raises OutputError where `atomic_path` would, before the work of which it is the output."""
    if not is_stream(path):
        with _workspace(Path(os.path.realpath(path))):
            pass


def check_folder(path: str | os.PathLike[str]) -> None:
    """Makes a folder, if it is missing; raises OutputError where no file can be written in it."""
    with output_workspace(Path(path), ""):
        pass


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Whether `path` is standard output, a pipe, a character device or an open file."""
    if Path(path) == STANDARD_OUTPUT or _is_descriptor(Path(path).absolute()):
        return True
    mode = os.stat(path).st_mode if os.path.exists(path) else 0
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def _is_descriptor(path: Path) -> bool:
    folder = Path(os.path.realpath(path.parent))
    if _DESCRIPTORS.fullmatch(str(folder)):
        return True
    is_link = path.is_symlink() and os.path.exists(path)  # not one of a circle
    return is_link and _is_descriptor(folder / path.readlink())


@contextmanager
def _open_stream(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    if Path(path) == STANDARD_OUTPUT:
        with _standard_output() as text:
            text.flush()
            yield text.buffer
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
    except OSError as error:
        raise OutputError(
            f"expected a pipe or device that can be written, got {path}: {reason_of(error)}"
        ) from error
    try:
        with open(descriptor, "wb") as stream:
            yield stream
    except OSError as error:
        raise full(error, str(path)) or error from None


def close_standard_output() -> None:
    """Lets what Python still holds for standard output not fail again when the process ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    with taking_names(sys.stdout) as file:
        try:
            yield file
            file.flush()
        except OSError as error:  # the reader has gone, or the disk is full
            close_standard_output()
            raise full(error, "standard output") or error from None


@contextmanager
def _workspace(final: Path) -> Iterator[Path]:
    """A temporary folder beside the file `final`, after a look whether that can be replaced."""
    if os.path.isdir(final):
        raise OutputError(f"expected a file to write, got the folder {final}; name a file in it")
    if os.path.exists(final) and not os.path.isfile(final):
        raise OutputError(f"expected a file, a pipe or a character device to write, got {final}")
    if os.path.isfile(final) and not os.access(final, os.W_OK):
        raise OutputError(f"expected a file to write, got {final}, which is write-protected")
    with output_workspace(final.parent, final.name) as folder:
        yield folder


@contextmanager
def output_workspace(parent: Path, name: str) -> Iterator[Path]:
    """A temporary folder in `parent`, as of `tfface.workspaces.workspace`.

    Raises:
        OutputError: none can be made there.
    """
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(workspace(parent, name))
        except OSError as error:
            blocking = (path for path in (parent, *parent.parents) if os.path.isfile(path))
            reason = next((f"{path} is a file" for path in blocking), reason_of(error))
            raise OutputError(
                f"expected a folder that files can be written to, got {parent}: {reason}"
            ) from error
        yield folder


def _check_written(temporary: Path, path: str | os.PathLike[str]) -> None:
    if not temporary.exists():
        raise FileNotFoundError(
            f"expected the block to write {temporary}, which becomes {path}; got no such file"
        )
