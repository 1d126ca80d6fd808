"""Pictures as arrays: RGB, uint8, `(height, width, 3)`, upright."""

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""RGB uint8 `(H, W, 3)`, values 0..255."""


class ImageReadError(ValueError):
    """A file that is missing, empty, cut short, or no picture."""


def read_image(path: str | os.PathLike[str]) -> Image:
    """Reads a picture file as people see it.

    The orientation of EXIF is applied. Grey, paletted and CMYK files become RGB. 16 bits are
    reduced to their upper 8. Transparency is dropped: the colours stored below it are kept.

    Args:
        path: a file of any format that OpenCV decodes: JPEG, PNG, WebP, BMP, TIFF, GIF (its first
            picture) and others.

    Returns:
        RGB uint8 `(H, W, 3)`.

    Raises:
        ImageReadError: the file is missing, empty, cut short or no picture; the message names it.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ImageReadError(f"{path}: expected a picture file, got: {reason}") from error
    if not data:
        raise ImageReadError(f"{path}: expected a picture, got an empty file")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise ImageReadError(f"{path}: OpenCV failed to decode it: {error}") from error
    if image is None:
        raise ImageReadError(
            f"{path}: expected a picture that OpenCV can decode, got {len(data)} bytes that are "
            "damaged, cut short or of another format; open it in an image viewer and save it again "
            "as JPEG or PNG"
        )
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB, dst=image)


def to_rgb(image: Any) -> Image:
    """Any usual picture array as RGB uint8; one that is so already comes back uncopied.

    Args:
        image: `(H, W)` or `(H, W, 1)` grey, `(H, W, 3)` RGB or `(H, W, 4)` RGBA, whose alpha is
            dropped, of type uint8, uint16 (reduced to its upper 8 bits) or float in 0..255
            (rounded).

    Returns:
        RGB uint8 `(H, W, 3)`.

    Raises:
        TypeError: not an array, or of another type.
        ValueError: another shape, no pixels, or floats outside 0..255 or scaled to 0..1.
    """
    if isinstance(image, str | os.PathLike):
        raise TypeError(
            f"expected a picture array, got the path {os.fspath(image)!r}; "
            "read it first: tfface.read_image(path)"
        )
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
    if pixels.dtype != np.uint8:
        pixels = _to_uint8(pixels)
    if pixels.shape[2] == 4:
        return pixels[..., :3]
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels


def _to_uint8(pixels: NDArray[Any]) -> Image:
    if pixels.dtype == np.uint16:
        return (pixels >> 8).astype(np.uint8)
    if not np.issubdtype(pixels.dtype, np.floating):
        raise TypeError(
            f"expected a picture of type uint8, uint16 or float, got {pixels.dtype}; "
            "convert it: image.astype('uint8')"
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
