"""A picture whose face is a red square, so that boxes can be compared with pixels."""

from collections.abc import Callable

import numpy as np
import pytest

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
