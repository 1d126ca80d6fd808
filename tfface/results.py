"""What a run over many pictures found, written while it goes on."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from tfface.exports import Export


class JsonReport:
    """A JSON object that is written picture by picture, of videos frame by frame.

    It has the settings of the run, then
      pictures   a list with one object for every picture that was searched
      failed     the same for those that could not be: `{"file": ..., "error": ...}`
      skipped    how many files of folders were not looked at, by kind
      not_tried  the pictures that an interrupted run did not come to

    A video that failed, was not searched to its end, or has clearly fewer frames than it says, has
    the frames until then, and says so by `"incomplete": true`.

    Args:
        file: where to write, from its beginning.
        settings: what holds for all pictures; becomes the first keys.
        exports: files in other formats that get the same results, each frame as one.

    Attributes:
        tried: number of results written.
        failed: those of them that have an error.
    """

    def __init__(
        self, file: TextIO, settings: Mapping[str, object], exports: Sequence[Export] = ()
    ) -> None:
        self._file = file
        self._exports = exports
        self._written = 0
        self.tried = 0
        self.failed: list[Mapping[str, object]] = []
        file.write("{" + "".join(f"\n {_pair(*item)}," for item in settings.items()))
        file.write('\n "pictures": [')

    def write(self, result: Mapping[str, Any]) -> None:
        """Adds the result for one picture: what was found in it, or its file and an error.

        The result of a video has `frames`, which are taken and written one after another, and then
        what `ending` has by then. An error that comes of taking them leaves it incomplete; the file
        and the error are still to be told.
        """
        if "frames" in result:
            self._write_film(result)
        else:
            for export in self._exports:
                export.write(result)
            if "error" in result:
                self.failed.append(result)
            else:
                self._begin_object(_dump(result))
        self._file.flush()
        self.tried += 1

    def _write_film(self, film: Mapping[str, Any]) -> None:
        head = {key: value for key, value in film.items() if key not in ("frames", "ending")}
        ending: Mapping[str, Any] = {"incomplete": True}
        self._begin_object(f'{_dump(head)[:-1]}, "frames": [')
        try:
            for place, frame in enumerate(film["frames"]):
                self._file.write(f"{',' * bool(place)}\n   {_dump(frame)}")
                self._file.flush()
                for export in self._exports:
                    export.write(head | frame)
            ending = film.get("ending", {})
        except KeyboardInterrupt:
            self.tried += 1  # the run came to it
            raise
        finally:
            self._file.write("]" + "".join(f", {_pair(*item)}" for item in ending.items()) + "}")

    def _begin_object(self, text: str) -> None:
        # In one piece: an interrupt between two would leave a comma with nothing behind it.
        self._file.write(f"{',' * bool(self._written)}\n  {text}")
        self._written += 1

    def close(self, skipped: Mapping[str, int], not_tried: Sequence[str]) -> None:
        """Completes the object, and the exports."""
        for export in self._exports:
            export.close()
        self._file.write("\n ]")
        rest = {"failed": self.failed, "skipped": skipped, "not_tried": not_tried}
        self._file.write("".join(f",\n {_pair(*item)}" for item in rest.items()) + "\n}\n")


def _pair(key: str, value: object) -> str:
    return f"{json.dumps(key)}: {_dump(value)}"


def _dump(value: object) -> str:
    return json.dumps(value, allow_nan=False)
