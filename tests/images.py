"""A picture of six colours, for the tests of what reads and converts pictures."""

import numpy as np

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def picture() -> np.ndarray:
    """2 high, 3 wide: red, green, blue above white, grey, black."""
    return np.array([[RED, GREEN, BLUE], [(255,) * 3, (100,) * 3, (0,) * 3]], np.uint8)
