"""Pictures in memory as arrays: RGB, uint8, `(height, width, 3)`."""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""RGB uint8 `(H, W, 3)`, values 0..255."""


def to_rgb(image: Any) -> Image:
    """Any usual picture as RGB uint8; an array that is so already comes back uncopied.

    Args:
        image: `(H, W)` or `(H, W, 1)` grey, `(H, W, 3)` RGB or `(H, W, 4)` RGBA, whose alpha is
            dropped: an array of uint8, of uint16 or of floats in 0..255, which are rounded. Of
            uint16 the upper 8 bits are kept: of 8, 10, 12, 14 or 16 bits, the fewest that hold the
            brightest value, since cameras and scanners store fewer bits than fit. Or a picture of
            Pillow, which is turned as its EXIF says and converted to RGB.

    Returns:
        RGB uint8 `(H, W, 3)`.

    Raises:
        TypeError: no picture, or an array of another type.
        ValueError: another shape, no pixels, or floats outside 0..255 or scaled to 0..1.
    """
    if is_of_pillow(image):
        image = _from_pillow(image)
    if not hasattr(image, "__array__"):
        raise TypeError(f"expected a picture as an array, got {_instead_of_an_array(image)}")
    pixels = np.asarray(image)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3, 4):
        raise ValueError(
            "expected a picture of shape (height, width) or (height, width, 1, 3 or 4), got "
            f"{np.shape(image)}; pass one picture, channels last"
        )
    if 0 in pixels.shape:
        raise ValueError(f"expected a picture with pixels, got the shape {np.shape(image)}")
    if pixels.shape[2] == 4:
        pixels = pixels[..., :3]
    pixels = to_uint8(pixels)
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels


def to_uint8(pixels: NDArray[Any]) -> Image:
    """Pixels of any shape and of a type that `to_rgb` takes, as uint8; uint8 is not copied.

    Raises:
        TypeError, ValueError: as `to_rgb`.
    """
    if pixels.dtype == np.uint8:
        return pixels
    if np.issubdtype(pixels.dtype, np.uint16):
        bits = int(pixels.max()).bit_length()
        return (pixels >> max(0, bits + bits % 2 - 8)).astype(np.uint8)
    if not np.issubdtype(pixels.dtype, np.floating):
        advice = "image.astype('uint8')" + " * 255" * (pixels.dtype == bool)
        raise TypeError(
            f"expected a picture of type uint8, uint16 or float, got {pixels.dtype}; "
            f"convert it: {advice}"
        )
    darkest, brightest = float(pixels.min()), float(pixels.max())
    if not (darkest >= 0 and brightest <= 255):  # also where one of them is not a number
        raise ValueError(
            f"expected a float picture with values in 0..255, got {darkest:g}..{brightest:g}; "
            "scale it, and replace what is not finite"
        )
    if 0 < brightest <= 1:
        raise ValueError(
            f"expected a float picture with values in 0..255, got {darkest:g}..{brightest:g}, "
            "which looks like 0..1; multiply it by 255"
        )
    return np.rint(pixels).astype(np.uint8)


def is_of_pillow(image: Any) -> bool:
    """Whether `image` is a picture of Pillow, which is imported where there is one."""
    pillow = sys.modules.get("PIL.Image")
    return pillow is not None and isinstance(image, pillow.Image)


def _from_pillow(image: Any) -> NDArray[Any]:
    """Upright pixels: RGB uint8, or the values themselves where they have more than 8 bits."""
    upright = importlib.import_module("PIL.ImageOps").exif_transpose(image)
    is_deep = upright.mode in ("I", "F") or upright.mode.startswith("I;16")
    if not is_deep:
        upright = upright.convert("RGBA" if "transparency" in upright.info else "RGB")
    return np.array(upright)


def _instead_of_an_array(given: Any) -> str:
    """What came where an array was expected, and what to do about it."""
    if isinstance(given, str | os.PathLike):
        return f"the path {os.fspath(given)!r}; read it first: tfface.read_image(path)"
    if given is None:
        return "None, as cv2.imread returns for what it cannot read; tfface.read_image says why"
    if isinstance(given, bytes | bytearray | memoryview):
        return (
            f"{len(given)} bytes; if they are a file, write it and give its path to "
            "tfface.read_image, or decode them with cv2.imdecode and turn its BGR into RGB"
        )
    if isinstance(given, Sequence):
        return (
            f"a {type(given).__name__} of {len(given)}; pass one picture after another, and "
            "pixels as numpy.array(pixels, 'uint8')"
        )
    return f"{given!r:.60} of type {type(given).__name__}; pass a NumPy array, height x width x 3"
