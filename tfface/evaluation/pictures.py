"""What every protocol is given: the pictures on this machine, their faces, and predictions."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

Faces = TypeVar("Faces")


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
