"""Pictures that a converted file is compared and calibrated on."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tfface.image import ImageReadError, read_image
from tfface.picture_files import find_pictures
from tfface.predict.placement import place
from tfface.predict.runtime import Size
from tfface.reasons import printable
from tfface.rgb import Image

_LOGGER = logging.getLogger(__name__)

CALIBRATION_SIDES = (640, 320)
"""Long sides of a picture to calibrate on, in pixels: its faces in two sizes."""

CALIBRATION_LIMIT = 100
"""The most pictures to calibrate on; more hardly widen the ranges."""

PARITY_LIMIT = 100
"""The most pictures to compare on, which have hundreds of faces or thousands."""


def pictures_of(folder: str | None, limit: int) -> Iterator[Image]:
    """The pictures of a folder, at their own sizes: they are read one after another.

    Args:
        folder: read with all its folders; None takes two pictures in the public domain that other
            packages bring: Eileen Collins of scikit-image and Grace Hopper of Matplotlib.
        limit: the most pictures; of more, so many that lie evenly among them. Those that cannot be
            read are passed over, with a warning.

    Raises:
        ValueError: no pictures there, or none that can be read.
    """
    if folder is not None:
        paths = find_pictures([Path(folder)]).pictures if Path(folder).is_dir() else []
        if not paths:
            raise ValueError(f"expected a folder of pictures, got {folder}")
        step = max(1, -(-len(paths) // limit))
        yield from _readable(paths[::step])
    else:
        yield from _pictures_of_packages()


def _readable(paths: Sequence[Path]) -> Iterator[Image]:
    errors = []
    for path in paths:
        try:
            yield read_image(path)
        except ImageReadError as error:
            _LOGGER.warning("passed over: %s", printable(str(error)))
            errors.append(error)
    if len(errors) == len(paths):
        raise errors[0]


def parity_pictures(
    folder: str | None, size: Size | None, limit: int = PARITY_LIMIT
) -> list[Image]:
    """Pictures to compare a file with its detector on, as large as `tfface.detect` searches them.

    Args:
        folder: see `pictures_of`.
        size: the only height and width that the file takes, if it takes only one.
        limit: the most pictures.
    """
    return [_scaled(image, size) for image in pictures_of(folder, limit)]


def training_pictures(wider_face: Path) -> str | None:
    """The folder of training pictures in that of WIDER FACE; None where there is none."""
    folder = wider_face / "WIDER_train" / "images"
    return str(folder) if folder.is_dir() else None


def calibration_pictures(folder: str | None, size: Size | None) -> list[Image]:
    """Pictures in the sizes that a file is calibrated on.

    Args:
        folder: see `pictures_of`; at most `CALIBRATION_LIMIT` of its pictures are read.
        size: the only height and width that the file takes, if it takes only one.
    """
    return [
        place(image.shape[:2], None if size else side, size).apply(image)
        for image in pictures_of(folder, CALIBRATION_LIMIT)
        for side in ((None,) if size else CALIBRATION_SIDES)
    ]


def _scaled(image: Image, size: Size | None) -> Image:
    """The picture as it is placed, without the black beside it: files pad what they are given."""
    placement = place(image.shape[:2], None, size)
    return replace(placement, input=placement.scaled).apply(image)


def _pictures_of_packages() -> list[Image]:
    images = [read() for read in (_astronaut, _grace_hopper)]
    found = [image for image in images if image is not None]
    if not found:
        raise ValueError(
            "expected pictures to compare on, got no folder of them and neither Matplotlib nor "
            "scikit-image, which bring some; name a folder of pictures with faces"
        )
    return found


def _astronaut() -> Image | None:
    try:
        from skimage.data import astronaut
    except ImportError:
        return None
    return astronaut()


def _grace_hopper() -> Image | None:
    try:
        from matplotlib.cbook import get_sample_data
    except ImportError:
        return None
    return read_image(get_sample_data("grace_hopper.jpg", asfileobj=False))
