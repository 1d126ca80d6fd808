"""Parts of pictures around a face, with boxes drawn on them, ready for a page."""

import base64
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np

from tfface.image import read_image
from tfface.rgb import Image

Box: TypeAlias = tuple[float, float, float, float]

FACE = (46, 204, 113)
OWN = (255, 140, 0)
OTHER = (52, 152, 255)
"""RGB colours of annotated faces, of a detector's boxes, and of those of another one."""

SIDE = 144
"""Pixels of a crop."""

_CONTEXT = 2.5
"""Side of what is shown, in those of the box."""

_SMALLEST = 72
"""Pixels of the picture that are shown at least."""

_QUALITY = 82


@dataclass(frozen=True)
class Crop:
    """What is to be shown.

    Attributes:
        picture: its name.
        box: in pixels, in the middle of the crop.
        outlines: boxes to draw and their colours; the last is on top.
    """

    picture: str
    box: Box
    outlines: tuple[tuple[Box, tuple[int, int, int]], ...]


def render(crops: Iterable[Crop], image_root: Path) -> dict[Crop, str]:
    """The crops as `data:` addresses of JPEG files; every picture is read once.

    Raises:
        tfface.image.ImageReadError: a picture cannot be read.
    """
    by_picture: dict[str, set[Crop]] = defaultdict(set)
    for crop in crops:
        by_picture[crop.picture].add(crop)
    rendered = {}
    for name, of_picture in by_picture.items():
        image = read_image(image_root / name)
        for crop in of_picture:
            _, content = cv2.imencode(
                ".jpg", draw(image, crop)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
            )
            encoded = base64.b64encode(content.tobytes()).decode("ascii")
            rendered[crop] = f"data:image/jpeg;base64,{encoded}"
    return rendered


def draw(image: Image, crop: Crop) -> Image:
    """The crop of its picture, RGB uint8 `(SIDE, SIDE, 3)`; grey where the picture has ended."""
    x_min, y_min, x_max, y_max = crop.box
    shown = max(_SMALLEST, _CONTEXT * max(x_max - x_min, y_max - y_min))
    scale = SIDE / shown
    left, top = (x_min + x_max - shown) / 2, (y_min + y_max - shown) / 2
    # Shrunk in two steps: a warp alone would skip pixels.
    height, width = image.shape[:2]
    if 2 * scale < 1:
        reduced = max(1, round(2 * scale * width)), max(1, round(2 * scale * height))
        image = cv2.resize(image, reduced, interpolation=cv2.INTER_AREA)
    horizontal, vertical = scale * width / image.shape[1], scale * height / image.shape[0]
    placing = np.array([[horizontal, 0, -left * scale], [0, vertical, -top * scale]])
    canvas = cv2.warpAffine(image, placing, (SIDE, SIDE), borderValue=(128, 128, 128))
    for box, colour in crop.outlines:
        edges = (np.array(box) - np.array([left, top] * 2)) * scale
        x, y, right, bottom = (round(float(edge)) for edge in np.clip(edges, -SIDE, 2 * SIDE))
        cv2.rectangle(canvas, (x, y), (right, bottom), colour, 1)
    return canvas
