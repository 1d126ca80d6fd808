"""Text files of data sets, in UTF-8, with the mark that Windows puts before it or without."""

from pathlib import Path


def read_text(path: Path) -> str:
    """The text of a file, whose line ends are those of any system.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is in another encoding; the message names it.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: expected text in UTF-8, got other bytes: {error}") from error
