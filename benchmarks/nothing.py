"""Pictures that anyone can make, with no face on them or with one in a known place."""

from collections.abc import Callable

import cv2
import numpy as np

from tfface.predict.runtime import Size
from tfface.rgb import Image

SIZES: tuple[Size, ...] = ((240, 320), (480, 640), (720, 1280), (1080, 1920), (1280, 720))
"""Heights and widths, as of cameras and screens."""

Make = Callable[[Size], Image]


def _flat(*colour: int) -> Make:
    return lambda size: np.full((*size, 3), colour, np.uint8)


def _noise(lowest: int, highest: int) -> Make:
    def make(size: Size) -> Image:
        generator = np.random.default_rng(0)
        return generator.integers(lowest, highest + 1, (*size, 3)).astype(np.uint8)

    return make


def _soft_noise(size: Size) -> Image:
    """A cloudy sky, roughly: noise of every scale from a pixel to the whole picture."""
    generator = np.random.default_rng(0)
    height, width = size
    total = np.zeros((height, width, 3))
    for cells in (2, 4, 8, 16, 32, 64):
        grid = generator.uniform(-1, 1, (cells, cells, 3))
        total += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC) / cells**0.5
    return np.clip(128 + 60 * total, 0, 255).astype(np.uint8)


def _gradient(*colour: int, across: bool) -> Make:
    def make(size: Size) -> Image:
        share = np.linspace(0, 1, size[1] if across else size[0])
        share = share[None, :, None] if across else share[:, None, None]
        return np.broadcast_to(share * np.array(colour), (*size, 3)).astype(np.uint8)

    return make


def _stripes(period: int, upright: bool) -> Make:
    def make(size: Size) -> Image:
        rows, columns = np.mgrid[: size[0], : size[1]]
        bright = (columns if upright else rows) % period < period // 2
        return np.repeat(255 * bright[..., None], 3, axis=2).astype(np.uint8)

    return make


def _checks(size: Size) -> Image:
    rows, columns = np.mgrid[: size[0], : size[1]]
    bright = (rows // 40 + columns // 40) % 2
    return np.repeat(255 * bright[..., None], 3, axis=2).astype(np.uint8)


NOTHING: dict[str, Make] = {
    "black": _flat(0, 0, 0),
    "nearly black": _flat(12, 10, 14),
    "white": _flat(255, 255, 255),
    "grey": _flat(128, 128, 128),
    "red": _flat(255, 0, 0),
    "green": _flat(0, 160, 60),
    "blue": _flat(20, 40, 200),
    "light skin": _flat(224, 172, 140),
    "dark skin": _flat(110, 70, 50),
    "noise": _noise(0, 255),
    "dark noise": _noise(0, 24),
    "soft noise": _soft_noise,
    "grey gradient": _gradient(255, 255, 255, across=True),
    "skin gradient": _gradient(224, 172, 140, across=False),
    "upright stripes": _stripes(16, upright=True),
    "level stripes": _stripes(48, upright=False),
    "checks": _checks,
}
"""Pictures without a face, by name: functions of height and width."""


def with_bars(image: Image, size: Size, colour: int = 0) -> tuple[Image, tuple[int, int, int, int]]:
    """A picture as a player shows it on a screen of another shape, with bars beside or above it.

    Returns:
        The screen `(*size, 3)`, and where the picture is on it: x_min, y_min, x_max, y_max.
    """
    scale = min(size[0] / image.shape[0], size[1] / image.shape[1])
    height, width = (round(side * scale) for side in image.shape[:2])
    y, x = (size[0] - height) // 2, (size[1] - width) // 2
    screen = np.full((*size, 3), colour, np.uint8)
    screen[y : y + height, x : x + width] = cv2.resize(
        image, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    return screen, (x, y, x + width, y + height)


def portrait(image: Image, box: tuple[int, int, int, int], side: int) -> tuple[Image, np.ndarray]:
    """The part `box` of a picture as a sharp square of `side` pixels, and the scale of it.

    Enlarged by cubic interpolation and sharpened, as a portrait of a camera of many pixels.
    """
    x_min, y_min, x_max, y_max = box
    large = cv2.resize(image[y_min:y_max, x_min:x_max], (side, side), interpolation=cv2.INTER_CUBIC)
    soft = cv2.GaussianBlur(large, (0, 0), side / 300)
    scale = np.array([side / (x_max - x_min), side / (y_max - y_min)] * 2, np.float32)
    return cv2.addWeighted(large, 2.0, soft, -1.0, 0), scale
