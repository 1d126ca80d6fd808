"""What a run over many pictures found, written while it goes on."""

import json
from collections.abc import Mapping, Sequence
from typing import TextIO

from tfface.exports import Export


class JsonReport:
    """A JSON object that is written picture by picture.

    It has the settings of the run, then
      pictures   a list with one object for every picture that was searched
      failed     the same for those that could not be: `{"file": ..., "error": ...}`
      skipped    how many files of folders were not looked at, by kind
      not_tried  the pictures that an interrupted run did not come to

    Args:
        file: where to write, from its beginning.
        settings: what holds for all pictures; becomes the first keys.
        exports: files in other formats that get the same results.

    Attributes:
        tried: number of results written.
        failed: those of them that have an error.
    """

    def __init__(
        self, file: TextIO, settings: Mapping[str, object], exports: Sequence[Export] = ()
    ) -> None:
        self._file = file
        self._exports = exports
        self.tried = 0
        self.failed: list[Mapping[str, object]] = []
        file.write("{" + "".join(f"\n {_pair(*item)}," for item in settings.items()))
        file.write('\n "pictures": [')

    def write(self, result: Mapping[str, object]) -> None:
        """Adds the result for one picture: what was found in it, or its file and an error."""
        for export in self._exports:
            export.write(result)
        if "error" in result:
            self.failed.append(result)
        else:
            separator = "," if self.tried > len(self.failed) else ""
            self._file.write(f"{separator}\n  {json.dumps(result, allow_nan=False)}")
            self._file.flush()
        self.tried += 1

    def close(self, skipped: Mapping[str, int], not_tried: Sequence[str]) -> None:
        """Completes the object, and the exports."""
        for export in self._exports:
            export.close()
        self._file.write("\n ]")
        rest = {"failed": self.failed, "skipped": skipped, "not_tried": not_tried}
        self._file.write("".join(f",\n {_pair(*item)}" for item in rest.items()) + "\n}\n")


def _pair(key: str, value: object) -> str:
    return f"{json.dumps(key)}: {json.dumps(value, allow_nan=False)}"
