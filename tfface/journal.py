"""What a long run has done, kept beside its output until that is complete: a killed run goes on."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from tfface.files import full
from tfface.locking import LockedError, try_to_lock


class Journal:
    """Results by file, a line of JSON each, of an earlier run with the same settings and of this.

    A line is whole or not taken. A result is taken where its file has the same size and time.

    Args:
        path: of the journal; None keeps none.
        settings: what the results depend on, ready for JSON; a journal of others is begun anew.

    Raises:
        LockedError: another process writes it.
    """

    def __init__(self, path: Path | None, settings: Mapping[str, Any]) -> None:
        self._path = path
        self._settings = json.dumps(settings, sort_keys=True, default=str)
        self._done: dict[str, tuple[list[int], dict[str, Any]]] = {}
        self._file: TextIO | None = None
        if path is not None and path.is_file():
            self._read(path)

    def result(self, picture: Path) -> dict[str, Any] | None:
        """What was found in a picture, if that is known."""
        stamp, result = self._done.get(str(picture), ([], None))
        return result if stamp and stamp == _stamp(picture) else None

    def write(self, picture: Path, result: Mapping[str, Any]) -> None:
        """Keeps what was found in a picture; it is on the disk when this returns.

        Raises:
            OutputError: the disk is full.
        """
        if self._path is None:
            return
        if self._file is None:
            self._file = self._begin(self._path)
        entry = {"picture": str(picture), "stamp": _stamp(picture), "result": result}
        try:
            self._file.write(json.dumps(entry, allow_nan=False) + "\n")
            self._file.flush()
        except OSError as error:
            raise full(error, str(self._path)) or error from None

    def remove(self) -> None:
        """Ends it: the output is complete."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def _begin(self, path: Path) -> TextIO:
        file = path.open("a", encoding="utf-8")
        if try_to_lock(file.fileno()) is False:
            file.close()
            raise LockedError(f"expected one run at a time to write {path}, got another")
        file.truncate(0)  # the lines of before are written again, without what was cut short
        file.write(self._settings + "\n")
        for picture, (stamp, result) in self._done.items():
            entry = {"picture": picture, "stamp": stamp, "result": result}
            file.write(json.dumps(entry) + "\n")
        return file

    def _read(self, path: Path) -> None:
        with path.open(encoding="utf-8", errors="replace") as file:
            if next(file, "").rstrip("\n") != self._settings:
                return
            for line in file:
                try:
                    entry = json.loads(line)
                    self._done[entry["picture"]] = entry["stamp"], entry["result"]
                except (ValueError, KeyError, TypeError):  # cut short by what ended the run
                    return


def _stamp(picture: Path) -> list[int]:
    """Size and time of a file, by which it is known again; nothing of one that is gone."""
    try:
        status = os.stat(picture)
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns]
