"""Picture files that every decoder shows the same way: upright, 8 bits, grey or RGB."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from tfface import jpeg
from tfface.image import read_image

_JPEG_QUALITY = 95


@dataclass(frozen=True)
class UprightPicture:
    """A plain JPEG or PNG file.

    Attributes:
        encoded: the bytes of the file.
        height: pixels.
        width: pixels.
        scale: `(x, y)`, the size of this picture over the size of the one that was read.
    """

    encoded: bytes
    height: int
    width: int
    scale: tuple[float, float] = (1.0, 1.0)


def read_upright(path: str | Path, max_side: int = 0) -> UprightPicture:
    """Reads a picture file so that no decoder has to know about EXIF, CMYK, alpha or 16 bits.

    A file that is plain already keeps its bytes; any other is decoded as `read_image` does and
    encoded as JPEG of quality 95.

    Args:
        path: the picture.
        max_side: a picture with a longer side is reduced to it, in pixels; 0 keeps every size.

    Raises:
        tfface.image.ImageReadError: the file is missing, empty or no picture.
    """
    image = read_image(path)
    height, width = image.shape[:2]
    if max_side and max(height, width) > max_side:
        factor = max_side / max(height, width)
        size = max(1, round(width * factor)), max(1, round(height * factor))
        reduced = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        scale = size[0] / width, size[1] / height
        return UprightPicture(_encode(reduced), size[1], size[0], scale)
    data = Path(path).read_bytes()
    if not (is_plain(data) and _shows_upright(data)):
        data = _encode(image)
    return UprightPicture(data, height, width)


def is_plain(data: bytes) -> bool:
    """Whether a file is a whole JPEG of 1 or 3 components, or a PNG of up to 8 bits, no alpha."""
    if data.startswith(jpeg.SIGNATURE):
        return jpeg.components(data) in (1, 3) and not jpeg.lacks_end(data)
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) > 25:
        bits, colour_type = data[24], data[25]  # IHDR: grey 0, RGB 2, palette 3 (PNG, 11.2.2)
        return bits <= 8 and colour_type in (0, 2, 3) and b"tRNS" not in data
    return False


def _shows_upright(data: bytes) -> bool:
    """Whether the pixels are the same with and without the orientation that EXIF asks for."""
    if b"Exif" not in data and b"eXIf" not in data:
        return True
    buffer = np.frombuffer(data, np.uint8)
    turned = cv2.imdecode(buffer, cv2.IMREAD_COLOR)
    stored = cv2.imdecode(buffer, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    return np.array_equal(turned, stored)


def _encode(image: np.ndarray) -> bytes:
    """An RGB picture uint8 `(H, W, 3)` as the bytes of a JPEG file."""
    _, buffer = cv2.imencode(
        ".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    )
    return buffer.tobytes()
