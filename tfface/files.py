"""Writing files so that nobody ever meets a half-written one under its final name."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends without an error.

    The folder of `path` is made when it is missing. When the block raises, the temporary file is
    removed and a file that was already at `path` stays as it was. The temporary name keeps the
    suffix of `path`, because many writers choose the format by it.

    Raises:
        FileNotFoundError: the block ended without having written the temporary file.
    """
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=final.parent, prefix=f".{final.name}.") as folder:
        temporary = Path(folder) / final.name
        yield temporary
        if not temporary.exists():
            raise FileNotFoundError(
                f"expected the block to write {temporary}, which becomes {final}; got no such file"
            )
        os.replace(temporary, final)


def write_json(path: str | os.PathLike[str], content: Any) -> None:
    """Writes `content` as JSON, whole or not at all.

    Raises:
        TypeError: `content` holds something that JSON has no form for.
    """
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
