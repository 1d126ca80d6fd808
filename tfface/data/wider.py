"""The annotation lists of WIDER FACE (arXiv:1511.06523), and of the data sets that took its layout.

A list repeats, for every picture: its name, the number of faces, one line a face. A face is
`x y w h blur expression illumination invalid occlusion pose`, of which lists of other data sets may
keep only the first four.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfface.data.layout import read_list
from tfface.data.listing import Listed, to_samples
from tfface.data.sample import ReadReport, Sample

LIST_ENDS = "list ends inside its faces"

_INVALID_COLUMN = 7
"""Where `invalid` stands in a full face line (readme.txt of wider_face_split)."""


@dataclass(frozen=True)
class _Entry:
    """A picture of the list: its face lines as numbers, and how many faces the list promised."""

    name: str
    faces: list[list[float]]
    expected: int


def read_wider(list_file: str | Path, image_root: str | Path) -> tuple[list[Sample], ReadReport]:
    """Reads a list in the layout of `wider_face_train_bbx_gt.txt`.

    The official lists have their traps, and this is what becomes of each:

    - a picture without faces is kept; its count of 0 may be followed by a line of zeros, or not;
    - a face whose width or height is not positive is dropped, with `WITHOUT_AREA`;
    - a face flagged `invalid` is kept as ignored;
    - a picture that is not in `image_root` is dropped, with `MISSING`;
    - a picture named again has the faces of both entries, once those that both have;
    - a picture whose faces are cut off by the end of the list is dropped, with `LIST_ENDS`, since
      the faces it lost would be learned as background.

    Args:
        list_file: the list, as UTF-8 text.
        image_root: the folder that the names in the list are relative to.

    Returns:
        The samples in the order of the list, boxes as `(x, y, x + w, y + h)`, and the report.

    Raises:
        FileNotFoundError: there is no list, or no folder of pictures.
        ValueError: the list is in another layout, such as COCO's, or a line is not what has to
            stand there; the message says what came, and names file and line.
    """
    list_file = Path(list_file)
    listed = map(_listed, _entries(list_file)) if Path(image_root).is_dir() else ()
    return to_samples(listed, list_file, Path(image_root))


def _listed(entry: _Entry) -> Listed:
    corners = [(x, y, x + width, y + height) for x, y, width, height, *_ in entry.faces]
    ignored = [len(face) > _INVALID_COLUMN and face[_INVALID_COLUMN] != 0 for face in entry.faces]
    lacks = LIST_ENDS if len(entry.faces) < entry.expected else None
    return Listed(entry.name, corners, ignored, lacks=lacks)


def _entries(list_file: Path) -> list[_Entry]:
    """The pictures of a list; only the last one may have fewer faces than it promised."""
    lines = [
        (number, line.strip())
        for number, line in enumerate(read_list(list_file).splitlines(), start=1)
        if line.strip()
    ]
    entries: list[_Entry] = []
    at = 0
    while at < len(lines):
        name = lines[at][1]
        if at + 1 == len(lines):
            entries.append(_Entry(name, [], expected=1))
            break
        expected = _count(list_file, *lines[at + 1], name)
        at += 2
        faces = [_face(list_file, *line, name) for line in lines[at : at + expected]]
        at += len(faces)
        if expected == 0 and at < len(lines) and _is_dummy(lines[at][1]):
            at += 1
        entries.append(_Entry(name, faces, expected))
    return entries


def _count(list_file: Path, number: int, line: str, name: str) -> int:
    if not line.isdecimal():
        raise ValueError(
            f"{list_file}:{number}: expected the number of faces of {name}, got {line!r}; "
            "every picture needs its name, its count and one line a face"
        )
    return int(line)


def _face(list_file: Path, number: int, line: str, name: str) -> list[float]:
    numbers = _numbers(line.split())
    if len(numbers) < 4 or not np.all(np.isfinite(numbers)):
        raise ValueError(
            f"{list_file}:{number}: expected a face of {name} as at least four numbers x y w h, "
            f"got {line!r}; compare the count of the picture with its lines"
        )
    if len(numbers) > _INVALID_COLUMN and numbers[_INVALID_COLUMN] not in (0, 1):
        raise ValueError(
            f"{list_file}:{number}: expected 0 or 1 as the eighth number of a face of {name}, "
            f"which tells an invalid one, got {line!r}; if more than x y w h stands there, such as "
            "landmarks, leave it out"
        )
    return numbers


def _is_dummy(line: str) -> bool:
    """Whether a line is the face of zeros that official lists give to a picture without faces."""
    numbers = _numbers(line.split())
    return len(numbers) >= 4 and not any(numbers)


def _numbers(words: Sequence[str]) -> list[float]:
    """The words as numbers; nothing when one of them is none."""
    try:
        return [float(word) for word in words]
    except ValueError:
        return []
