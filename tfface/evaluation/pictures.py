"""What every protocol is given: the pictures on this machine, their faces, and predictions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from tfface.data.inside import plain_name, resolve_picture

Faces = TypeVar("Faces")
Listed = TypeVar("Listed")


@dataclass(frozen=True)
class PictureSet(Generic[Faces]):
    """The part of a data set's pictures that is on this machine.

    Attributes:
        image_root: the folder the names are relative to.
        ground_truth: faces by the path of their picture below `image_root`, of those present only.
        listed: number of pictures in the official list.
    """

    image_root: Path
    ground_truth: Mapping[str, Faces]
    listed: int


def present_pictures(
    listed: Mapping[str, Listed], image_root: Path, source: str, described: str, advice: str
) -> dict[str, Listed]:
    """What is listed of those pictures that are on this machine.

    Args:
        listed: by the path of the picture below `image_root`.
        image_root: the folder of the pictures.
        source: what lists them, for messages.
        described: what they are pictures of, for the message where there are none.
        advice: what to do then.

    Returns:
        By the path with `/` between folders.

    Raises:
        FileNotFoundError: there are none.
        ValueError: a name of something outside of `image_root`.
    """
    present = {
        plain_name(name): item
        for name, item in listed.items()
        if resolve_picture(image_root, name, source).is_file()
    }
    if not present:
        raise FileNotFoundError(
            f"expected pictures of {described} in {image_root}, got none; {advice}"
        )
    return present


def check_predictions(
    predictions: Mapping[str, np.ndarray], ground_truth: Mapping[str, object], names: str
) -> None:
    """Refuses predictions that no protocol can judge.

    Args:
        predictions: per picture, what should be finite numbers `(n, 5)`: x_min, y_min, x_max, y_max
            and the score.
        ground_truth: the faces by picture.
        names: how the names of its pictures are formed, for the message.

    Raises:
        ValueError: a wrong shape, NaN or infinity, or a picture that is not in the ground truth.
    """
    for name, rows in predictions.items():
        if name not in ground_truth:
            raise ValueError(
                f"expected predictions for pictures of the ground truth, got {name!r}; names are "
                f"{names}"
            )
        if rows.ndim != 2 or rows.shape[1] != 5:
            raise ValueError(
                f"expected predictions of shape (n, 5) for {name}, got {rows.shape}; "
                "give x_min, y_min, x_max, y_max, score"
            )
        if not np.isfinite(rows).all():
            raise ValueError(f"expected finite predictions for {name}, got NaN or infinity")


def parse_rows(lines: Sequence[str], place: str) -> np.ndarray:
    """Detections as WIDER FACE and FDDB write those of a picture.

    Args:
        lines: their number, and for each `x y width height score`.
        place: of the first line, for messages.

    Returns:
        Float64 `(n, 5)`: x_min, y_min, x_max, y_max and score.

    Raises:
        ValueError: it is not so.
    """
    count = lines[0].strip() if lines else "nothing"
    if not count.isdecimal():
        raise ValueError(f"{place}: expected the number of detections, got {count!r}")
    try:
        rows = np.array([line.split() for line in lines[1:] if line.strip()], np.float64)
    except ValueError:
        rows = np.zeros((0, 0))
    rows = rows.reshape(-1, 5) if not rows.size and count == "0" else rows
    if rows.shape != (int(count), 5):
        raise ValueError(
            f"{place}: expected {count} lines of x, y, width, height and score, got "
            f"{len(lines) - 1} lines, not all of them such"
        )
    rows[:, 2:4] += rows[:, :2]
    return rows
