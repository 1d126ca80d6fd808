"""What made a folder of predictions, kept beside them so that a report can say it."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from tfface.files import atomic_path
from tfface.odd_names import ENCODING, ERRORS

COMMAND_FILE = "command.txt"


def command_line(module: str, arguments: Sequence[str]) -> str:
    """What to type to run a module with these arguments."""
    return shlex.join(["python", "-m", module, *arguments])


def write_command(folder: Path, command: str) -> None:
    """Notes what made the predictions in `folder`, in a file that no protocol reads."""
    with atomic_path(folder / COMMAND_FILE) as temporary:
        temporary.write_text(f"{command}\n", ENCODING, ERRORS)


def read_command(folder: Path) -> str | None:
    """What made the predictions in `folder`, as far as it was noted."""
    path = folder / COMMAND_FILE
    return path.read_text(ENCODING, ERRORS).strip() if path.is_file() else None
