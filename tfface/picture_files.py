"""Which files are searched for faces, and which are not and why."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tfface.annotated import is_annotated
from tfface.file_kinds import ADVICE, HEAD, PICTURE_SUFFIXES, is_decoded, kind_of
from tfface.reasons import reason_of

ANNOTATED = "annotated by an earlier run"


@dataclass
class PictureFiles:
    """Files to look at, in order, each once; and what was passed over.

    Attributes:
        pictures: the files.
        skipped: numbers of other files in the folders, by suffix or reason.
        advice: what to do with skipped files, by suffix, where that is known.
        unlisted: folders that could not be listed and links that lead nowhere, with the reason.
    """

    pictures: list[Path] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    advice: dict[str, str] = field(default_factory=dict)
    unlisted: dict[Path, str] = field(default_factory=dict)

    def passed_over(self) -> list[str]:
        """What was passed over, as "skipped 3 .heic, 1 .txt" and what to do with it."""
        counts = ", ".join(f"{count} {kind}" for kind, count in self.skipped.most_common())
        lines = [f"skipped {counts}"] if counts else []
        lines += [f"{suffix}: {advice}" for suffix, advice in self.advice.items()]
        return lines + [f"{folder}: {reason}" for folder, reason in self.unlisted.items()]


def find_pictures(named: Sequence[Path]) -> PictureFiles:
    """The files named, whatever they are, and all pictures below the folders named.

    A file in a folder is a picture when its name or its first bytes say so. Left out are hidden
    files and folders, and pictures that an earlier run annotated, wherever they are.
    """
    found = PictureFiles()
    pictures: dict[str, Path] = {}
    passed: set[str] = set()
    for path in named:
        if not os.path.isdir(path):
            pictures.setdefault(os.path.realpath(path), path)
            continue
        for file in _files_below(path, found):
            place = os.path.realpath(file)
            if place in pictures or place in passed:
                continue
            if _is_picture(file, found):
                pictures[place] = file
            else:
                passed.add(place)
    found.pictures = list(pictures.values())
    return found


def _files_below(folder: Path, found: PictureFiles) -> Iterator[Path]:
    """What is not hidden below a folder: files, and links to folders, which are not followed."""

    def note(error: OSError) -> None:
        found.unlisted[Path(error.filename)] = reason_of(error)

    for parent, folders, files in os.walk(folder, onerror=note):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        visible = sorted(name for name in files if not name.startswith("."))
        yield from (Path(parent, name) for name in visible + links)


def _is_picture(file: Path, found: PictureFiles) -> bool:
    """Whether a file of a folder is looked at; otherwise it is counted in `found`."""
    kind = kind_of(file, head_of(file))
    if kind == "PNG" and is_annotated(file):
        found.skipped[ANNOTATED] += 1
        return False
    suffix = file.suffix.lower()
    if file.is_symlink() and not os.path.exists(file) and suffix not in PICTURE_SUFFIXES:
        found.unlisted[file] = "a link that leads nowhere"
        return False
    if is_decoded(kind) or (suffix in PICTURE_SUFFIXES and not _is_special(file)):
        return True
    label = "linked folders" if os.path.isdir(file) else suffix or "without a suffix"
    found.skipped[label] += 1
    if kind in ADVICE:
        found.advice[label] = f"{kind}: {ADVICE[kind]}"
    return False


def head_of(file: Path) -> bytes:
    """The first bytes of a file; none of one that cannot be read or would be waited for."""
    try:
        if _is_special(file):
            return b""
        with file.open("rb") as opened:
            return opened.read(HEAD)
    except OSError:
        return b""


def _is_special(file: Path) -> bool:
    """Whether a path leads to a pipe, a device, a socket or a folder."""
    return os.path.exists(file) and not os.path.isfile(file)
