"""tfface.predict.view: what is looked at, and back to the picture."""

import numpy as np
import pytest

from tfface.predict.view import View

WIDTH, HEIGHT = 12, 8


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("region", [(0, 0, WIDTH, HEIGHT), (2, 1, 11, 8)])
def test_a_box_around_what_is_seen_is_around_it_in_the_picture(
    region: tuple[int, int, int, int], mirrored: bool, turns: int
) -> None:
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[3:5, 4:10] = 255  # from (4, 3) to (10, 5)
    view = View(region, None, mirrored, turns)

    rows, columns = np.nonzero(view.cut(image)[..., 0])
    box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]

    assert view.to_picture(np.array([box], np.float32)).tolist() == [[4, 3, 10, 5]]


def test_no_boxes() -> None:
    assert View((0, 0, 4, 4), None, True, 1).to_picture(np.zeros((0, 4), np.float32)).shape == (
        0,
        4,
    )


def test_a_box_that_ends_at_an_edge_inside_the_picture_is_cut_off() -> None:
    view = View((0, 100, 200, 300), 0)
    boxes = np.array(
        [
            [0, 150, 60, 250],  # at the left edge of the picture
            [20, 103, 60, 250],  # at the upper edge of the region
            [20, 150, 197, 250],  # at its right edge
            [20, 150, 60, 299],  # at its lower edge, which is that of the picture
        ],
        np.float32,
    )

    assert view.has_whole(boxes, (300, 400)).tolist() == [True, False, False, True]
