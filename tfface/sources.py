"""Pictures however they are given: path, bytes of a file, picture of Pillow, array."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any

import numpy as np

from tfface.image import decode_picture, read_image
from tfface.rgb import Image, is_of_pillow, to_rgb


def load_picture(source: Any, bgr: bool = False) -> Image:
    """A picture as RGB uint8 `(H, W, 3)`, upright.

    Args:
        source: the path of a file (`tfface.read_image`), its content as bytes, or what
            `tfface.rgb.to_rgb` takes: an array or a picture of Pillow.
        bgr: whether an array has blue first, as those of OpenCV have; of the rest it says nothing.

    Raises:
        tfface.image.ImageReadError: a file that is missing, damaged or no picture.
        TypeError, ValueError: bytes that are no picture, or what `to_rgb` refuses.
    """
    if isinstance(source, str | os.PathLike):
        return read_image(source)
    if isinstance(source, bytes | bytearray | memoryview):
        return decode_picture(bytes(source)).image
    image = to_rgb(source)
    return reversed_colours(image) if bgr and is_array(source) else image


def is_array(source: Any) -> bool:
    """Whether a picture came as an array, of NumPy or of others: then it may have blue first."""
    is_else = isinstance(source, str | os.PathLike | bytes | bytearray | memoryview)
    return hasattr(source, "__array__") and not is_else and not is_of_pillow(source)


def reversed_colours(image: Image) -> Image:
    """RGB of BGR, and the other way round."""
    return np.ascontiguousarray(image[..., ::-1])


def read_ahead(sources: Iterable[Any], bgr: bool = False) -> Iterator[tuple[Any, Image]]:
    """Every source with its picture, as of `load_picture`; the next is read meanwhile.

    Only a path and bytes are: arrays and pictures of Pillow may be filled anew, or closed, when the
    next one is asked for. For no source the next is asked for before it has been read.

    Raises:
        TypeError: one picture instead of several.
        As `load_picture`, when it comes to the picture that fails.
    """
    if not _are_several(sources):
        raise TypeError(
            f"expected pictures, one after another, got one, a {type(sources).__name__}; use "
            "detect, or give [picture]"
        )
    with ThreadPoolExecutor(1, "tfface-reader") as reader:
        ready: tuple[Any, Image] | None = None
        for source in sources:
            read = partial(copy_context().run, load_picture, source, bgr)  # within `limited_pixels`
            reading = reader.submit(read) if _stays(source) else None
            if ready:
                yield ready
            if reading:
                ready = source, reading.result()
            else:
                ready = None
                yield source, read()
        if ready:
            yield ready


def _are_several(sources: Any) -> bool:
    """Whether it is no picture itself, whose rows or letters would come as pictures."""
    if isinstance(sources, str | os.PathLike | bytes | bytearray | memoryview):
        return False
    return not is_of_pillow(sources) and not (is_array(sources) and len(np.shape(sources)) < 4)


def _stays(source: Any) -> bool:
    """Whether a source is the same picture when the next one has been asked for."""
    return isinstance(source, str | os.PathLike | bytes)
