"""Names of files in text: they are bytes, which need not be text."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

ENCODING = "utf-8"

ERRORS = sys.getfilesystemencodeerrors()
"""How what is no text is written: as the bytes that it is, which lead back to the file."""


@contextmanager
def taking_names(file: TextIO) -> Iterator[TextIO]:
    """Within the block, every name can be written to an open file, whatever the locale says."""
    if not isinstance(file, io.TextIOWrapper):  # one in memory, which takes everything
        yield file
        return
    encoding, errors = file.encoding, file.errors
    file.reconfigure(encoding=ENCODING, errors=ERRORS)
    try:
        yield file
    finally:
        file.reconfigure(encoding=encoding, errors=errors)
