"""Picture files as arrays: RGB, uint8, `(height, width, 3)`, upright."""

import logging
import os
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tfface import jpeg
from tfface.file_kinds import ADVICE, HEAD, RAW, VIDEO, is_decoded, kind_of, special_kind
from tfface.headers import claimed_size, is_avif
from tfface.headers.avif_turns import avif_turns
from tfface.pixel_limit import pixel_limit
from tfface.reasons import reason_of
from tfface.rgb import Image, to_uint8

_MAX_BYTES_A_PIXEL = 8
"""Of a file: four channels of 16 bits, not compressed. Files of `_SMALL` bytes always pass."""

_SMALL = 1 << 26

_NEVER_DECODED = (RAW, VIDEO)
"""Of these OpenCV would decode a thumbnail, or nothing."""

_LACKS_END = "the file lacks the end marker of JPEG; all pixels are there"

_OTHER_ADVICE = "download it again, or open it in an image viewer and save it as JPEG or PNG"

_LOGGER = logging.getLogger(__name__)


class ImageReadError(ValueError):
    """A file that is missing, empty, cut short, too large, or no picture.

    Attributes:
        kind: under which those that were left out of a data set are counted.
    """

    kind = "picture unreadable"


class TooManyPixelsError(ImageReadError):
    """A picture that claims more pixels than it may have."""

    kind = "picture of more pixels than --max_pixels"


class Picture(NamedTuple):
    """A picture file, read: the pixels, and what should be known about the file."""

    image: Image
    notes: tuple[str, ...]


def read_image(path: str | os.PathLike[str], max_pixels: int | None = None) -> Image:
    """Reads a picture file as people see it.

    The orientation that the file asks for is applied: by EXIF, in AVIF by irot and imir. Grey,
    paletted and CMYK files become RGB. 16 bits are reduced to 8 as `to_rgb` does. Transparency is
    dropped: the colours stored below it are kept. A JPEG file that lacks its end marker, but no
    pixel, is read, and the logger `tfface.image` warns.

    Args:
        path: a file of any format that OpenCV decodes: JPEG, PNG, WebP, AVIF, BMP, TIFF, JPEG 2000,
            GIF (its first picture) and others. Pipes and devices are refused without opening them.
        max_pixels: a file whose header claims more is refused before memory is spent on it;
            default: `tfface.pixel_limit.MAX_PIXELS`, or what `limited_pixels` there says.

    Returns:
        RGB uint8 `(H, W, 3)`.

    Raises:
        ImageReadError: the file is missing, empty, cut short, too large or no picture; the message
            names it.
    """
    image, notes = read_picture(path, max_pixels)
    for note in notes:
        _LOGGER.warning("%s: %s", path, note)
    return image


def read_picture(path: str | os.PathLike[str], max_pixels: int | None = None) -> Picture:
    """Reads a picture file as `read_image` does, and returns what that would log."""
    most = max_pixels or pixel_limit()
    return decode_file(_read_file(path, max(_SMALL, _MAX_BYTES_A_PIXEL * most)), path, most)


def decode_file(
    data: bytes, path: str | os.PathLike[str], max_pixels: int | None = None
) -> Picture:
    """The picture in the bytes of a file, which errors name as `read_image` does.

    Raises:
        ImageReadError: they are damaged, cut short, claim too many pixels, or are no picture.
    """
    kind = kind_of(path, data[:HEAD])
    if kind in _NEVER_DECODED:
        raise ImageReadError(f"{path}: expected a picture, got {_described(kind)}")
    try:
        return decode_picture(data, max_pixels)
    except TooManyPixelsError as error:
        raise TooManyPixelsError(f"{path}: {error}") from error
    except ValueError as error:
        raise ImageReadError(f"{path}: {error}") from error


class UnreadablePictureError(ValueError):
    """Bytes that are no picture file, or a damaged one."""


def decode_picture(data: bytes, max_pixels: int | None = None) -> Picture:
    """The picture in the bytes of a file.

    Raises:
        UnreadablePictureError: they are damaged, cut short, or of no format that OpenCV decodes; or
            raw data of a camera, of which it would decode the thumbnail. The message says what they
            are and what to do.
        TooManyPixelsError: they claim more than `max_pixels`.
        ValueError: OpenCV fails.
    """
    if not data:
        raise UnreadablePictureError("expected a picture, got no bytes")
    kind = kind_of("", data[:HEAD])
    if kind in _NEVER_DECODED:
        raise UnreadablePictureError(f"expected a picture, got {_described(kind)}")
    try:
        check_claim(data, max_pixels)
        return _decode_picture(data)
    except UnreadablePictureError as error:
        found = f" ({error})" if is_decoded(kind) else ""
        message = f"expected a picture, got {_described(kind, len(data))}{found}"
        raise UnreadablePictureError(message) from error


def _decode_picture(data: bytes) -> Picture:
    try:
        pixels, notes = _decode(data)
    except cv2.error as error:
        raise ValueError(f"OpenCV failed to decode it: {reason_of(error)}") from error
    if pixels is None:
        raise UnreadablePictureError("OpenCV does not decode it")
    try:
        pixels = to_uint8(pixels)
    except TypeError as error:
        raise ValueError(str(error)) from error
    return Picture(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB, dst=pixels), notes)


def check_claim(data: bytes, max_pixels: int | None = None) -> None:
    """Looks, before memory is spent on it, at how large the picture in the bytes of a file is.

    Raises:
        UnreadablePictureError: the header does not say, or claims what the file cannot hold.
        TooManyPixelsError: it claims more than `max_pixels`.
    """
    try:
        width, height = claimed_size(data)
    except ValueError as error:
        raise UnreadablePictureError(str(error)) from error
    most = max_pixels or pixel_limit()
    if width * height > most:
        raise TooManyPixelsError(
            f"expected a picture of at most {most} pixels, got {width} x {height} = "
            f"{width * height}; reduce it, or raise max_pixels"
        )


def _read_file(path: str | os.PathLike[str], max_bytes: int) -> bytes:
    """The bytes of a file; of what is no picture, no more than the first of them."""
    try:
        special = special_kind(path)
        if special:
            raise ImageReadError(f"{path}: expected a picture file, got {special}")
        with Path(path).open("rb") as file:
            data = file.read(HEAD)
            if kind_of(path, data) not in _NEVER_DECODED:
                data += file.read(max_bytes)
    except OSError as error:
        raise ImageReadError(f"{path}: expected a picture file, got: {reason_of(error)}") from error
    if not data:
        raise ImageReadError(f"{path}: expected a picture, got an empty file")
    if len(data) > max_bytes:
        raise ImageReadError(
            f"{path}: expected a picture file of at most {max_bytes} bytes, got more; reduce it, "
            "or raise max_pixels"
        )
    return data


def _described(kind: str | None, size: int = 0) -> str:
    """A file that gave no picture, and what to do with it."""
    if is_decoded(kind):
        return f"{size} bytes of {kind} that are damaged or cut short; copy or download it again"
    if kind is None:
        kind = f"{size} bytes that are damaged, cut short or of a format that OpenCV does not know"
    return f"{kind}; {ADVICE.get(kind, _OTHER_ADVICE)}"


def _decode(data: bytes) -> tuple[NDArray[Any] | None, tuple[str, ...]]:
    """The pixels of a file as `(H, W, 3)`, blue first, or None; and notes about it."""
    if not jpeg.lacks_end(data):
        return _decode_bytes(data), ()
    pixels, others = map(_decode_bytes, jpeg.two_endings(data))
    is_whole = pixels is not None and others is not None and np.array_equal(pixels, others)
    return pixels if is_whole else None, (_LACKS_END,)


def _decode_bytes(data: bytes) -> NDArray[Any] | None:
    flags = cv2.IMREAD_COLOR
    if not data.startswith(b"#?"):  # OpenCV scales Radiance files, in which 1 is white
        flags |= cv2.IMREAD_ANYDEPTH
    if not is_avif(data):
        return cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    # OpenCV turns AVIF as EXIF says, which many writers leave in beside what turns the picture.
    flags |= cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    return None if pixels is None else _turned(pixels, data)


def _turned(pixels: NDArray[Any], data: bytes) -> NDArray[Any]:
    """The decoded pixels of an AVIF file, upright."""
    try:
        turns = avif_turns(data)
    except ValueError as error:
        raise UnreadablePictureError(str(error)) from error
    for kind, value in turns:
        pixels = np.rot90(pixels, value) if kind == b"irot" else np.flip(pixels, value)
    return pixels.copy() if turns else pixels
