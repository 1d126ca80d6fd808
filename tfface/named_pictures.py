"""What people name on a command line for pictures: files, folders, patterns, standard input."""

import codecs
import glob
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tfface.file_kinds import HEAD, VIDEO, is_decoded, kind_of
from tfface.picture_files import head_of

STANDARD_INPUT = Path("-")
READ_FROM_STANDARD_INPUT = Path("stdin")
"""Name of a picture whose bytes came there."""


def expand(named: Sequence[Path]) -> tuple[list[Path], bytes | None]:
    """Paths, with those that `-` and patterns stand for, and a picture that standard input holds.

    `-` reads standard input: the bytes of a picture, or paths, one a line or ended by zero bytes
    (`find -print0`). A pattern such as `**/*.jpg` counts where no file has that name.
    """
    paths: list[Path] = []
    content = None
    for path in named:
        if path == STANDARD_INPUT:
            given = sys.stdin.buffer.read()
            if is_decoded(kind_of("", given[:HEAD])):
                content = given
                paths.append(READ_FROM_STANDARD_INPUT)
                continue
            paths += map(Path, names_in(given))
        elif glob.has_magic(str(path)) and not os.path.lexists(path):
            paths += sorted(map(Path, glob.glob(str(path), recursive=True))) or [path]
        else:
            paths.append(path)
    return paths, content


def names_in(content: bytes) -> list[str]:
    """The names of files in a list, one a line or ended by zero bytes; they need not be text."""
    content = content.removeprefix(codecs.BOM_UTF8)  # as editors on Windows begin a text
    names = content.split(b"\0") if b"\0" in content else content.splitlines()
    return [os.fsdecode(name) for name in names if name.strip()]


def is_video(path: Path) -> bool:
    """Whether a file is a video by its first bytes."""
    return kind_of(path, head_of(path)) == VIDEO
