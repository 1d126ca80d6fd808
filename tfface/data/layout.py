"""Recognises annotations in other layouts than that of WIDER FACE, and says what to do."""

import re
from dataclasses import dataclass
from pathlib import Path

EXPECTED = (
    "a list in the layout of WIDER FACE (for each picture a line with its name, one with the "
    "number of its faces, and one for each face: x y w h in pixels)"
)

_LINES = 20
"""So many tell what a list is."""

_PICTURE = r"\.(?:bmp|gif|jpe?g|pgm|png|ppm|tiff?|webp)"


@dataclass(frozen=True)
class Layout:
    """Another layout than that of WIDER FACE.

    Attributes:
        name: what it is called.
        advice: how a list of the right layout comes from it.
    """

    name: str
    advice: str


_READ = "name it: --dataset={}"

_COCO = Layout("COCO JSON", _READ.format("coco"))
_JSON = Layout("JSON", "write such a list from it")
_VOC = Layout("Pascal VOC XML", f"{_READ.format('voc')}, with their folder as the list")
_XML = Layout("XML", "write such a list from it")
_YOLO = Layout(
    "YOLO text (class and cx cy w h in 0..1)",
    f"{_READ.format('yolo')}, with their folder as the list",
)
_RETINAFACE = Layout(
    "the labels of RetinaFace, with landmarks",
    "take wider_face_train_bbx_gt.txt of WIDER FACE, or write each name without its #, the number "
    "of its faces, and the first four numbers of each",
)
_CSV = Layout(
    "CSV",
    f"{_READ.format('csv')}, with a heading such as image,x,y,width,height in the first line",
)
_ROWS = Layout(
    "text with the name of the picture in the line of its faces",
    "for each picture write its name, the number of its faces, and a line x y w h for each",
)


def read_list(list_file: Path) -> str:
    """The text of a list that may be in the layout of WIDER FACE.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is of another layout, a folder, or no UTF-8 text; the message says which, and
            what to do.
    """
    if list_file.is_dir():
        raise _other(list_file, f"a folder{_contents(list_file)}", "name one list of all pictures")
    content = list_file.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        kind = "a binary file" if b"\0" in content else "text in another encoding than UTF-8"
        advice = "WIDER FACE has a .txt beside its .mat; save text as UTF-8"
        raise _other(list_file, f"{kind}, byte {error.start}: {error.reason}", advice) from error
    found = recognise(text)
    if found is not None:
        raise _other(list_file, found.name, found.advice)
    return text


def recognise(text: str) -> Layout | None:
    """The layout of annotations; None where it may be that of WIDER FACE."""
    lines = [line.strip() for line in text.splitlines() if line.strip()][:_LINES]
    if not lines or (len(lines) > 1 and lines[1].isdecimal()):  # a name and its count
        return None
    if lines[0][0] in "{[" and '"' in text:
        return _COCO if '"images"' in text and '"annotations"' in text else _JSON
    if lines[0].startswith("<"):
        return _VOC if re.search(r"<annotation[\s>]", text) else _XML
    if lines[0].startswith("#") and len(lines) > 1 and _numbers(lines[1]):
        return _RETINAFACE
    if all(_is_yolo(line) for line in lines):
        return _YOLO
    if all(re.search(rf"{_PICTURE} +[\d.]+([ ,]+[\d.]+){{3}}", line, re.I) for line in lines):
        return _ROWS
    if all(len(re.split(r"[,;\t]", line)) >= 5 for line in lines):  # also a heading
        return _CSV
    return None


def _is_yolo(line: str) -> bool:
    numbers = _numbers(line)
    whole = bool(numbers) and numbers[0].is_integer()
    return whole and len(numbers) >= 5 and all(0 <= number <= 1 for number in numbers[1:5])


def _numbers(line: str) -> list[float]:
    """The words of a line as numbers; nothing when one of them is none, or there are too few."""
    try:
        numbers = [float(word) for word in line.split()]
    except ValueError:
        return []
    return numbers if len(numbers) >= 4 else []


def _contents(folder: Path) -> str:
    """What annotations are in a folder, as an addition to its name."""
    for suffix, layout in ((".xml", _VOC), (".json", _JSON), (".txt", _YOLO)):
        count = len(list(folder.glob(f"*{suffix}")))
        if count:
            return f" of {count} {suffix} files, as {layout.name} has them; {layout.advice}"
    return ""


def _other(list_file: Path, found: str, advice: str) -> ValueError:
    return ValueError(f"{list_file}: expected {EXPECTED}, got {found}; {advice}")
