"""What a long run has done, kept beside its output until that is complete: a killed run goes on."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, Self

from tfface.files import full
from tfface.locking import LockedError, try_to_lock


class _Entry(NamedTuple):
    """Of a picture: its stamp, and the bytes at which its line begins, and its first frame's."""

    stamp: list[int]
    place: int
    frames: int | None


class Journal:
    """Results by file, a line of JSON each, of an earlier run with the same settings and of this.

    A line is whole or not taken. A result is taken where its file has the same size and time. They
    stay in the file and not in memory; the frames of a video are a line each, before its own.

    Args:
        path: of the journal; None keeps none.
        settings: what the results depend on, ready for JSON; a journal of others is begun anew.

    Raises:
        LockedError: another process writes it.
    """

    def __init__(self, path: Path | None, settings: Mapping[str, Any]) -> None:
        self._path = path
        self._settings = json.dumps(settings, sort_keys=True, default=str).encode() + b"\n"
        self._done: dict[str, _Entry] = {}
        self._file: BinaryIO | None = None
        self._frames: int | None = None
        if path is not None and path.is_file():
            self._read(path)

    def result(self, picture: object) -> dict[str, Any] | None:
        """What was found in a picture, if that is known; of a video `frames` is an iterator."""
        entry = self._done.get(str(picture))
        if self._path is None or entry is None or entry.stamp != _stamp(picture):
            return None
        result = next(self._lines(entry.place))["result"]
        if entry.frames is not None:
            frames = self._lines(entry.frames)
            result["frames"] = (next(frames)["frame"] for _ in range(result.pop("frames")))
        return result

    def keep(self, frames: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Passes the frames of a video on, and keeps each on the way, before `write` its result."""
        self._frames = None
        for frame in frames:
            place = self._append({"frame": frame})
            self._frames = place if self._frames is None else self._frames
            yield frame

    def write(self, picture: object, result: Mapping[str, Any]) -> None:
        """Keeps what was found in a picture; it is on the disk when this returns.

        Args:
            picture: the file; what has no size and time, as a camera, is not kept.
            result: ready for JSON; of a video with the number of its `frames`.
        """
        frames = self._frames if "frames" in result else None
        if stamp := _stamp(picture):
            entry = {"picture": str(picture), "stamp": stamp, "result": result, "frames": frames}
            self._append(entry)

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

    def _append(self, entry: Mapping[str, Any]) -> int:
        """Adds a line, and returns the byte that it begins at; 0 without a file."""
        if self._path is None:
            return 0
        if self._file is None:
            self._file = self._begin(self._path)
        place = self._file.tell()
        try:
            self._file.write(json.dumps(entry, allow_nan=False).encode() + b"\n")
            self._file.flush()
        except OSError as error:
            raise full(error, str(self._path)) or error from None
        return place

    def _begin(self, path: Path) -> BinaryIO:
        file = path.open("ab")
        if try_to_lock(file.fileno()) is False:
            file.close()
            raise LockedError(f"expected one run at a time to write {path}, got another")
        whole = self._read(path)  # again: another may have written until now
        file.truncate(whole)
        file.seek(whole)
        if not whole:
            file.write(self._settings)
        return file

    def _lines(self, place: int) -> Iterator[dict[str, Any]]:
        assert self._path is not None
        with self._path.open("rb") as file:
            file.seek(place)
            yield from map(json.loads, file)

    def _read(self, path: Path) -> int:
        """Notes the entries of a journal; returns the bytes until a line that was cut short."""
        self._done.clear()
        with path.open("rb") as file:
            if next(file, b"") != self._settings:
                return 0
            place = len(self._settings)
            for line in file:
                try:
                    entry = json.loads(line)
                    if not line.endswith(b"\n"):
                        raise ValueError(line)
                    if "frame" not in entry:
                        self._done[entry["picture"]] = _Entry(
                            entry["stamp"], place, entry["frames"]
                        )
                except (ValueError, KeyError, TypeError):  # cut short by what ended the run
                    break
                place += len(line)
        return place


def _stamp(picture: object) -> list[int]:
    """Size and time of a file, by which it is known again; nothing of one that is gone."""
    if not isinstance(picture, Path):
        return []
    try:
        status = os.stat(picture)
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns]
