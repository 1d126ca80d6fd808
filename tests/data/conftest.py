"""A picture whose face is a red square, so that boxes can be compared with pixels."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tfface.data.records import Record

FindSquare = Callable[[np.ndarray], np.ndarray]

SQUARE = (50.0, 30.0, 82.0, 62.0)


@pytest.fixture(scope="session")
def square_picture() -> tuple[np.ndarray, np.ndarray]:
    """RGB uint8 `(120, 160, 3)`, grey with a red square, and its box float32 `(1, 4)`."""
    image = np.full((120, 160, 3), 100, np.uint8)
    x_min, y_min, x_max, y_max = map(int, SQUARE)
    image[y_min:y_max, x_min:x_max] = (250, 20, 20)
    return image, np.array([SQUARE], np.float32)


@pytest.fixture(scope="session")
def find_square() -> FindSquare:
    """The box `(4,)` of what is red in an image, to half a pixel."""

    def find(image: np.ndarray) -> np.ndarray:
        # R - G is 230 inside the square and at most 6 outside (in the fill colour): half is 115.
        red = np.asarray(image, np.float32)[..., 0] - np.asarray(image, np.float32)[..., 1] > 115
        rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
        return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float32)

    return find


@pytest.fixture(scope="session")
def face_and_ignored() -> Record:
    """A picture of 64x64 with a face in its first 16x16 pixels and an ignored one in its last."""
    boxes = np.array([[0, 0, 16, 16], [48, 48, 64, 64]], np.float32)
    encoded = cv2.imencode(".png", np.full((64, 64, 3), 100, np.uint8))[1].tobytes()
    return Record("both.png", encoded, 64, 64, boxes, np.array([False, True]))


@pytest.fixture(scope="session")
def unchanged() -> Any:
    """The `Augmentation` that takes a picture of 64x64 as it is: all of it, not mirrored."""
    from tfface.data.augmentation import Augmentation

    return Augmentation(size=64, crop_probability=1.0, crop_minimum=1.0, flip_probability=0.0)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("a", "b"):
        cv2.imwrite(str(folder / f"{name}.png"), np.zeros((20, 40, 3), np.uint8))
    return folder
