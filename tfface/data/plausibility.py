"""Whether the boxes of a list are what they are read as: pixels of the pictures that are there."""

from collections.abc import Iterable, Sequence

import numpy as np
from absl import logging

from tfface.data.sample import Sample
from tfface.data.upright_size import upright_size
from tfface.reasons import printable

_SIZES = ("wider", "coco")
"""Layouts of x, y, width and height in pixels, where lists often have something else."""

_NAMED = {"csv": "x y w h", "voc": "xmin ymin xmax ymax"}
"""Layouts that say what each number is, and what they are called in messages."""

PICTURES = 100
"""So many pictures of a list are measured, evenly spread."""

_SLACK = 0.02
"""A box may leave its picture by so much of the picture's side: annotators are not exact."""

_FEWEST = 3
"""From so many boxes that leave their pictures on it is no accident."""

_LEAVE = 0.1
"""Share of boxes that leave their pictures, from which on a list of corners is refused.

Of lists whose corners are read as sizes, 34 % of the boxes leave in pictures of one face and 55 to
65 % in others (WIDER FACE and group photos). Read rightly, none does."""

_FIT = 0.95
"""Share of boxes that are possible corners. Of sizes few are, but for large faces: 1 to 3 % of all,
20 % in pictures of one face."""


def check_list(layout: str, source: str, samples: Sequence[Sample]) -> None:
    """Raises where the boxes of a list cannot be what its layout says, to train or evaluate on.

    All lists whose pictures are of other sizes than they say are refused.

    Args:
        layout: a name in `tfface.data.readers.READERS`.
        source, samples: as of `check_boxes`.

    Raises:
        ValueError: see `check_sizes` and `check_boxes`; of a table, whose heading names the
            numbers, and of Pascal VOC only boxes that are relative to the size of the picture are
            refused.
    """
    check_sizes(source, samples)
    if layout in _SIZES:
        check_boxes(source, samples)
    elif layout in _NAMED:
        _refuse_relative(source, samples, _NAMED[layout])


def check_sizes(source: str, samples: Sequence[Sample]) -> None:
    """Raises where a list says other sizes than its pictures have: its boxes are of others.

    Args:
        source: name of the list, for messages.
        samples: of which those that have a `stated_size` are measured; a picture that cannot be
            read is left out.

    Raises:
        ValueError: there are such pictures.
    """
    stated = [(each, each.stated_size) for each in samples if each.stated_size]
    sizes = [(each, said, upright_size(each.path)) for each, said in stated]
    others = [(each, said, size) for each, said, size in sizes if size and size != said]
    if others:
        first, (width, height), size = others[0]
        is_turned = size == (height, width)
        raise ValueError(
            f"{source}: expected pictures of the sizes that it says, got {len(others)} of "
            f"{len(stated)} of other sizes, such as {first.name}, which is {size[0]}x{size[1]} and "
            f"not {width}x{height}; "
            + "boxes refer to the upright picture, turned as its EXIF says; "
            * is_turned
            + "name the pictures that the boxes were drawn on, or scale the boxes with them; where "
            "only the sizes are wrong, leave them out"
        )


def check_boxes(source: str, samples: Sequence[Sample]) -> None:
    """Raises where the boxes cannot be x, y, width and height in pixels of their pictures.

    Args:
        source: name of the list, for messages.
        samples: what was read from it as `x y w h`. The sizes of `PICTURES` of the pictures are
            looked up; one that cannot be read is left out.

    Raises:
        ValueError: most boxes are relative to the size of the picture; or they are corners; or they
            belong to pictures of another size.
    """
    samples = [sample for sample in samples if len(sample.boxes)]
    if not samples:
        return
    _refuse_relative(source, samples)
    step = -(-len(samples) // PICTURES)
    measured = [(sample, upright_size(sample.path)) for sample in samples[::step]]
    names = [sample.name for sample, size in measured if size for _ in sample.boxes]
    if not names:
        return
    boxes = np.concatenate([sample.boxes for sample, size in measured if size])
    sizes = np.concatenate([[size] * len(sample.boxes) for sample, size in measured if size])
    leave, fit = _leave(boxes, sizes), _fit_as_corners(boxes, sizes)
    if not leave.any():
        return
    first = int(np.argmax(leave))
    width, height = sizes[first]
    counts = (
        f"{leave.sum()} of {len(leave)} boxes that leave their picture so, such as "
        f"{_as_read(boxes[first])} of {names[first]}, {width}x{height}"
    )
    corners = fit.mean() >= _FIT and leave.mean() >= _LEAVE
    if corners and leave.sum() >= _FEWEST:
        raise ValueError(
            f"{source}: expected faces as x y w h in pixels, got {counts}; as corners x1 y1 x2 y2 "
            f"{fit.sum()} of {len(fit)} lie inside: write x1, y1, x2 - x1, y2 - y1. (If they are x "
            "y w h, cut them to their pictures.)"
        )
    if leave.mean() > 0.5 and leave.sum() >= _FEWEST:
        raise ValueError(
            f"{source}: expected faces as x y w h in pixels, got {counts}; name the pictures that "
            "the boxes were drawn on, or scale the boxes with them"
        )
    if corners:
        warning = f"{source}: expected x y w h, got {counts}: are these corners?"
        logging.warning("%s", printable(warning))


def _refuse_relative(source: str, samples: Sequence[Sample], names: str = "x y w h") -> None:
    boxes = np.concatenate([np.zeros((0, 4)), *(sample.boxes for sample in samples)])
    if names == _NAMED["voc"]:
        numbers = boxes + (1, 1, 0, 0)  # its pixels are counted from 1, see tfface.data.voc
    else:
        numbers = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    relative = np.all(np.abs(numbers) <= 1, axis=1)
    if relative.sum() > 0.5 * len(relative):
        first = int(np.argmax(relative))
        x, y, third, fourth = names.split()
        raise ValueError(
            f"{source}: expected faces as {names} in pixels, got {relative.sum()} of "
            f"{len(relative)} within 0..1, such as {_as_text(numbers[first])}; multiply {x} and "
            f"{third} by the width of the picture, {y} and {fourth} by its height"
        )


def _leave(boxes: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Which boxes `(n, 4)` leave their pictures, of sizes `(n, 2)`, by more than the slack."""
    beyond = (boxes[:, 2:] > sizes * (1 + _SLACK)) | (boxes[:, :2] < -sizes * _SLACK)
    return np.any(beyond, axis=1)


def _fit_as_corners(boxes: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Which boxes have an area inside their pictures when width and height are a corner."""
    near, far = boxes[:, :2], boxes[:, 2:] - boxes[:, :2]
    inside = (near >= -sizes * _SLACK) & (far <= sizes * (1 + _SLACK))
    return np.all((far > near) & inside, axis=1)


def _as_read(box: np.ndarray) -> str:
    """A box as its line in the list."""
    x_min, y_min, x_max, y_max = box.tolist()
    return _as_text((x_min, y_min, x_max - x_min, y_max - y_min))


def _as_text(numbers: Iterable[float]) -> str:
    return " ".join(f"{number:.4g}" for number in numbers)
