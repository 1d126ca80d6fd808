"""Parts of pictures with boxes on them."""

import base64

import cv2
import numpy as np
import pytest

from tfface.evaluation.report.crops import FACE, SIDE, Crop, draw, render


def test_the_box_is_in_the_middle_with_context():
    image = np.zeros((400, 600, 3), np.uint8)
    image[150:250, 250:350] = 255  # the box itself

    drawn = draw(image, Crop("a", (250, 150, 350, 250), ()))

    assert drawn.shape == (SIDE, SIDE, 3)
    # 250 pixels are shown in 144: the box has 57.6 of them.
    bright = np.flatnonzero(drawn[SIDE // 2, :, 0] > 127)
    assert abs(bright[0] - (SIDE - 57.6) / 2) <= 1
    assert abs(bright[-1] - (SIDE + 57.6) / 2) <= 1


def test_beyond_the_picture_it_is_grey():
    drawn = draw(np.zeros((100, 100, 3), np.uint8), Crop("a", (0, 0, 40, 40), ()))

    assert drawn[2, 2].tolist() == [128, 128, 128]
    assert drawn[-20, -20].tolist() == [0, 0, 0]


def test_outlines_are_drawn_in_their_colour():
    crop = Crop("a", (30, 30, 70, 70), (((30, 30, 70, 70), FACE),))

    drawn = draw(np.zeros((100, 100, 3), np.uint8), crop)

    # 100 pixels in 144: the frame begins at (30 - 0) x 1.44 = 43.
    np.testing.assert_allclose(drawn[SIDE // 2, 43], FACE)


@pytest.mark.parametrize("shape", [(1, 1, 3), (9, 3000, 3)])
def test_pictures_of_any_size(shape):
    assert draw(np.zeros(shape, np.uint8), Crop("a", (0, 0, 1, 1), ())).shape == (SIDE, SIDE, 3)
    assert draw(np.zeros(shape, np.uint8), Crop("a", (0, 0, 2900, 9), ())).shape[0] == SIDE


def test_crops_become_pictures_in_the_page(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.full((80, 80, 3), 200, np.uint8))
    crop = Crop("a.png", (20, 20, 60, 60), ())

    rendered = render([crop, crop], tmp_path)

    head, _, content = rendered[crop].partition(",")
    assert head == "data:image/jpeg;base64"
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(content), np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (SIDE, SIDE, 3)
