"""What people name on a command line for pictures: files, folders, patterns, standard input."""

import codecs
import glob
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from tfface.file_kinds import HEAD, VIDEO, is_decoded, kind_of
from tfface.picture_files import head_of

STANDARD_INPUT = Path("-")
READ_FROM_STANDARD_INPUT = Path("stdin")
"""Name of a picture whose bytes came there."""

_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1f]")
"""But for white space and the zero byte, by which lists of names are divided."""


def expand(named: Sequence[Path]) -> tuple[list[Path], bytes | None]:
    """Paths, with those that `-` and patterns stand for, and a file that standard input holds.

    `-` reads standard input: the bytes of a picture, or paths, one a line or ended by zero bytes
    (`find -print0`). A pattern such as `**/*.jpg` counts where no file has that name.
    """
    paths: list[Path] = []
    content = None
    for path in named:
        if path == STANDARD_INPUT:
            given = sys.stdin.buffer.read()
            if _is_a_file(given):
                content = given
                paths.append(READ_FROM_STANDARD_INPUT)
            else:
                paths += map(Path, names_in(given))
        elif glob.has_magic(str(path)) and not os.path.lexists(path):
            paths += sorted(map(Path, glob.glob(str(path), recursive=True))) or [path]
        else:
            paths.append(path)
    return paths, content


def _is_a_file(given: bytes) -> bool:
    """Whether bytes are those of a picture, or of a file of another kind, and no list of names.

    They are where a picture's first bytes tell it without doubt, or where there are control
    characters, as in TIFF, BMP and videos, and no file has the name that would be the first.
    """
    if is_decoded(kind_of("", given[:HEAD])):
        return True
    return bool(_CONTROL.search(given)) and not os.path.lexists(names_in(given)[0])


def names_in(content: bytes) -> list[str]:
    """The names of files in a list, one a line or ended by zero bytes; they need not be text."""
    content = content.removeprefix(codecs.BOM_UTF8)  # as editors on Windows begin a text
    names = content.split(b"\0") if b"\0" in content else content.splitlines()
    return [os.fsdecode(name) for name in names if name.strip()]


def is_video(path: Path) -> bool:
    """Whether a file is a video by its first bytes."""
    return kind_of(path, head_of(path)) == VIDEO
