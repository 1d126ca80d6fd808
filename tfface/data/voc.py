"""Annotations as Pascal VOC has them: folders with one XML file for each picture."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from tfface.data.classes import chosen_classes
from tfface.data.folders import visible_files
from tfface.data.inside import plain_name, resolve_picture
from tfface.data.listing import Listed, to_samples
from tfface.data.marks import is_marked, size_of
from tfface.data.sample import ReadReport, Sample

_EDGES = ("xmin", "ymin", "xmax", "ymax")


def read_voc(folder: Path, image_root: Path) -> tuple[list[Sample], ReadReport]:
    """Reads all XML files of a folder and of those below, in the order of their paths.

    `filename` names the picture, in the folder of pictures that corresponds to that of the file:
    of `xml/a/b.xml` it is in `images/a` or, if it is not there, in `images`. Edges of a `bndbox`
    are pixels of the upright picture, counted from 1, that belong to the face: from 1 to 10 it is
    10 wide. What is marked `difficult` is ignored. Of several names the objects named face count.
    See `tfface.data.listing.to_samples` for what is left out.

    Raises:
        FileNotFoundError: there is no such folder, no XML file in it, or no folder of pictures.
        ValueError: a file is no such annotation, defines entities, or has an object without a name
            where others have one; the message names it.
    """
    files = visible_files(folder, (".xml",))
    if not files:
        raise FileNotFoundError(f"expected a folder of Pascal VOC XML files, got none in {folder}")
    roots = [(file, _parse(file)) for file in files]
    names = {
        name: name
        for _, root in roots
        for name in (_text(each, "name") for each in root.iter("object"))
    }
    if len(names) > 1 and "" in names:
        _refuse_nameless(roots)
    chosen = chosen_classes(names, folder) if names else set()
    listed = []
    for file, root in roots:
        faces = [each for each in root.iter("object") if _text(each, "name") in chosen]
        boxes = [_box(file, face) for face in faces]
        ignored = [is_marked(_text(face, "difficult"), f"{file}: difficult") for face in faces]
        name = _text(root, "filename") or f"{file.stem}.jpg"
        beside = (file.parent.relative_to(folder) / plain_name(name)).as_posix()
        if resolve_picture(image_root, beside, file).is_file():
            name = beside
        size = size_of(_text(root, "size/width"), _text(root, "size/height"))
        listed.append(Listed(name, boxes, ignored, size=size))
    return to_samples(listed, folder, image_root)


def _parse(file: Path) -> ElementTree.Element:
    """The annotation in a file, as UTF-8 without a document type: that is where entities hide."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise ValueError("it defines entities or a document type, which are refused")
        root = ElementTree.fromstring(text)
    except (ValueError, ElementTree.ParseError) as error:
        raise ValueError(f"{file}: expected Pascal VOC XML, got another file: {error}") from error
    if root.tag != "annotation":
        raise ValueError(f"{file}: expected Pascal VOC XML, an <annotation>, got <{root.tag}>")
    return root


def _refuse_nameless(roots: list[tuple[Path, ElementTree.Element]]) -> None:
    """Raises ValueError at the first object without a name."""
    for file, root in roots:
        for number, each in enumerate(root.iter("object"), 1):
            if not _text(each, "name"):
                raise ValueError(
                    f"{file}: expected the name of object {number}, as others have it, got none; "
                    "write what it is, or leave the object out"
                )


def _text(element: ElementTree.Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _box(file: Path, face: ElementTree.Element) -> tuple[float, float, float, float]:
    try:
        x_min, y_min, x_max, y_max = (float(_text(face, f"bndbox/{edge}")) for edge in _EDGES)
    except ValueError as error:
        raise ValueError(
            f"{file}: expected a bndbox of {', '.join(_EDGES)} for every object, got {error}"
        ) from error
    return x_min - 1, y_min - 1, x_max, y_max
