"""Annotations as COCO has them: one JSON file with images, annotations and categories."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tfface.data.classes import check_declared, chosen_classes
from tfface.data.listing import Listed, to_samples
from tfface.data.marks import is_marked, score_of, size_of
from tfface.data.sample import ReadReport, Sample

MARKS = ("iscrowd", "ignore")
"""What is neither to be found nor background; `ignore` is that of converted data sets."""


def read_coco(list_file: Path, image_root: Path) -> tuple[list[Sample], ReadReport]:
    """Reads `images`, `annotations` and `categories` of a COCO JSON file.

    `bbox` is x, y, width and height in pixels of the upright picture; what is marked `iscrowd` or
    `ignore` is ignored; `score` is that of a detector, in 0..1. Of several categories those named
    face count, also where there are annotations of others alone. See
    `tfface.data.listing.to_samples` for what is left out.

    Raises:
        FileNotFoundError: there is no list, or no folder of pictures.
        ValueError: it is not such a file, or has annotations of an image or a category that it does
            not have; the message says where.
    """
    try:
        content = json.loads(list_file.read_bytes())
        images: dict[Any, Listed] = {}
        for image in content["images"]:
            size = size_of(image.get("width"), image.get("height"))
            entry = Listed(str(image["file_name"]), size=size)
            known = images.setdefault(image["id"], entry)
            if known.name != entry.name:
                raise ValueError(f"image {image['id']!r} twice, {known.name} and {entry.name}")
        entries = content.get("categories", ())
        categories = {entry["id"]: str(entry["name"]) for entry in entries}
        # Some tools add a category without annotations, which is the kind of all others; others
        # make every category its own kind.
        own = {entry["id"] for entry in entries if entry.get("supercategory") == entry["name"]}
        kinds = {entry.get("supercategory") for entry in entries if entry["id"] not in own}
        declared = {
            key: name for key, name in categories.items() if key in own or name not in kinds
        }
        faces: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
        for annotation in content["annotations"]:
            faces[annotation["image_id"]].append(annotation)
        used = {face.get("category_id") for of_image in faces.values() for face in of_image}
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{list_file}: expected COCO JSON, `images` of id and file_name and `annotations` of "
            f"image_id and bbox, got something else ({type(error).__name__}: {error})"
        ) from error
    unknown = faces.keys() - images.keys()
    if unknown:
        raise ValueError(
            f"{list_file}: expected annotations of its images, got one of image {unknown.pop()!r}"
        )
    if used == {None}:
        categories, declared = {}, {}  # annotations without a category are of whatever there is
    check_declared(used, categories, list_file)
    names = {key: categories.get(key, str(key)) for key in used}
    chosen = chosen_classes(names, list_file, declared) if used else set()
    listed = [
        _with_faces(
            image, [face for face in faces[key] if face.get("category_id") in chosen], list_file
        )
        for key, image in images.items()
    ]
    return to_samples(listed, list_file, image_root)


def _with_faces(image: Listed, faces: list[Mapping[str, Any]], list_file: Path) -> Listed:
    boxes = []
    for face in faces:
        try:
            x, y, width, height = map(float, face["bbox"])
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise ValueError(
                f"{list_file}: expected a bbox of four numbers for a face of {image.name}, got "
                f"{face.get('bbox')!r}"
            ) from error
        boxes.append((x, y, x + width, y + height))
    ignored = [
        any(
            is_marked(face.get(mark, 0), f"{list_file}: {mark} of a face of {image.name}")
            for mark in MARKS
        )
        for face in faces
    ]
    place = f"{list_file}: a face of {image.name}"
    scores = [score_of(face.get("score", ""), place) for face in faces]
    return replace(image, boxes=boxes, ignored=ignored, scores=scores)
