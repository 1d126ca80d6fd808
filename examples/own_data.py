"""Writes twenty pictures and their faces in the layouts of COCO, Pascal VOC, YOLO and CSV.

    python -m examples.own_data --output runs/own-data

The pictures are put together from public-domain ones that scikit-image and Matplotlib ship: Eileen
Collins and Grace Hopper, at several sizes before several backgrounds. Two have no face.
"""

import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import skimage.data
from matplotlib.cbook import get_sample_data

from tfface.command_line import CommandParser, run_command
from tfface.image import read_image

PICTURES = 20
SIZE = (480, 360)
"""Width and height of every picture in pixels."""

Box = tuple[int, int, int, int]


def people() -> list[tuple[np.ndarray, Box]]:
    """Pictures of people, RGB, and their faces: x_min, y_min, x_max, y_max in pixels."""
    astronaut = skimage.data.astronaut()[:260, 90:360]
    hopper = read_image(str(get_sample_data("grace_hopper.jpg", asfileobj=False)))[:400]
    return [(astronaut, (86, 66, 176, 188)), (hopper, (170, 82, 362, 330))]


def compose(number: int) -> tuple[np.ndarray, list[Box]]:
    """Picture `number` and its faces."""
    rng = np.random.default_rng(number)
    width, height = SIZE
    grounds = (skimage.data.coffee(), skimage.data.rocket(), skimage.data.chelsea())
    picture = cv2.resize(grounds[number % 3], SIZE)
    faces = []
    for column in range(0 if number % 7 == 6 else 1 + number % 2):
        person, (x_min, y_min, x_max, y_max) = people()[(number + column) % 2]
        scale = rng.uniform(100, 220) / max(person.shape[:2])
        pasted = cv2.resize(person, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        tall, wide = pasted.shape[:2]
        left = column * width // 2 + int(rng.integers(0, width // 2 - wide + 1))
        top = int(rng.integers(0, height - tall + 1))
        picture[top : top + tall, left : left + wide] = pasted
        edges = np.rint(np.array([x_min, y_min, x_max, y_max]) * scale).astype(int)
        faces.append(tuple((edges + [left, top, left, top]).tolist()))
    return picture, faces


def write_coco(folder: Path, faces: dict[str, list[Box]]) -> None:
    names = list(faces)
    listed = [(names.index(name), box) for name, boxes in faces.items() for box in boxes]
    content = {
        "images": [
            {"id": place, "file_name": name, "width": SIZE[0], "height": SIZE[1]}
            for place, name in enumerate(names)
        ],
        "annotations": [
            {
                "id": place,
                "image_id": image,
                "category_id": 1,
                "bbox": [x, y, x_max - x, y_max - y],
            }
            for place, (image, (x, y, x_max, y_max)) in enumerate(listed)
        ],
        "categories": [{"id": 1, "name": "face"}],
    }
    (folder / "faces.json").write_text(json.dumps(content))


def write_voc(folder: Path, faces: dict[str, list[Box]]) -> None:
    (folder / "voc").mkdir()
    for name, boxes in faces.items():
        root = ElementTree.Element("annotation")
        ElementTree.SubElement(root, "filename").text = name
        for x_min, y_min, x_max, y_max in boxes:
            one = ElementTree.SubElement(root, "object")
            ElementTree.SubElement(one, "name").text = "face"
            box = ElementTree.SubElement(one, "bndbox")
            # Pixels are counted from 1, and the last belongs to the face.
            edges = {"xmin": x_min + 1, "ymin": y_min + 1, "xmax": x_max, "ymax": y_max}
            for edge, value in edges.items():
                ElementTree.SubElement(box, edge).text = str(value)
        ElementTree.ElementTree(root).write(folder / "voc" / f"{Path(name).stem}.xml")


def write_yolo(folder: Path, faces: dict[str, list[Box]]) -> None:
    (folder / "labels").mkdir()
    width, height = SIZE
    for name, boxes in faces.items():
        lines = [
            f"0 {(x + x_max) / 2 / width:.6f} {(y + y_max) / 2 / height:.6f} "
            f"{(x_max - x) / width:.6f} {(y_max - y) / height:.6f}\n"
            for x, y, x_max, y_max in boxes
        ]
        (folder / "labels" / f"{Path(name).stem}.txt").write_text("".join(lines))


def write_csv(folder: Path, faces: dict[str, list[Box]]) -> None:
    with (folder / "faces.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "xmin", "ymin", "xmax", "ymax"])
        for name, boxes in faces.items():
            writer.writerows([name, *box] for box in boxes)
            if not boxes:  # a row all the same
                writer.writerow([name, "", "", "", ""])


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    parser = CommandParser(
        prog="python -m examples.own_data", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--output", type=Path, required=True, help="a folder that is not there yet")
    return run_command(parser, lambda options: write_all(options.output), arguments)


def write_all(folder: Path) -> None:
    """Writes pictures and annotations.

    Raises:
        FileExistsError: the folder has pictures.
    """
    (folder / "pictures").mkdir(parents=True)
    faces = {}
    for number in range(PICTURES):
        picture, boxes = compose(number)
        name = f"{number:02}.jpg"
        cv2.imwrite(str(folder / "pictures" / name), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        faces[name] = boxes
    for write in (write_coco, write_voc, write_yolo, write_csv):
        write(folder, faces)


if __name__ == "__main__":
    sys.exit(main())
