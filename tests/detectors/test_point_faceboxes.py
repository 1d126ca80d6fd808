"""tfface.detectors.point_faceboxes: FBI with points for anchors."""

import keras
import numpy as np
import pytest

from tests.parameters import total_parameters
from tfface.anchors import grid_anchors
from tfface.detectors.faceboxes import FaceBoxesImproved
from tfface.detectors.point_faceboxes import PointFaceBoxes


@pytest.fixture(autouse=True)
def seed() -> None:
    keras.utils.set_random_seed(0)


def picture(height: int = 64, width: int = 96) -> np.ndarray:
    values = np.random.default_rng(0).integers(0, 256, (1, height, width, 3))
    return values.astype(np.float32)


def test_it_has_the_parameters_of_fbi_down_to_stride_32_and_five_outputs_a_level() -> None:
    # As in test_faceboxes.py, without the layers of strides 64 and 128.
    stem = 9 * (3 * 16 + 16 * 16 + 16 * 48 + 48 * 64 + 64 * 96) + 2 * (16 + 16 + 48 + 64 + 96)
    inception = 4 * 96 * 24 + 3 * 9 * 24 * 24 + 2 * 7 * 24
    pyramid = (48 + 64 + 96 + 3) * 32 + 2 * (32 + 1) * 128 + 3 * (9 * 32 * 32 + 2 * 32)
    heads = 3 * (32 + 1) * (1 + 4)

    assert total_parameters(PointFaceBoxes()) == stem + 3 * inception + pyramid + heads


def test_one_point_a_cell_of_strides_8_16_and_32() -> None:
    detector = PointFaceBoxes(width=0.25)

    # 64 x 96 pixels: 8 x 12, 4 x 6 and 2 x 3 cells.
    assert detector(picture())["scores"].shape == (1, 96 + 24 + 6)
    assert len(grid_anchors(detector.anchor_levels, 64, 96)) == 96 + 24 + 6


def test_from_an_fbi_it_takes_all_maps_that_both_have() -> None:
    student, given = PointFaceBoxes(width=0.25), FaceBoxesImproved(width=0.25)
    student.begin_with(given)

    # The pixels are given as the networks take them: of FBI without the mean.
    own, theirs = (d.feature_maps(picture(), training=False) for d in (student, given))

    assert len(own) == 3
    for got, expected in zip(own, theirs[:3], strict=True):
        np.testing.assert_array_equal(got, expected)


def test_from_one_of_its_kind_it_takes_everything() -> None:
    student, given = PointFaceBoxes(width=0.25), PointFaceBoxes(width=0.25)
    student.begin_with(given)

    for name in ("scores", "offsets"):
        np.testing.assert_array_equal(student(picture())[name], given(picture())[name])


def test_an_fbi_of_another_width_is_refused_and_nothing_taken() -> None:
    student = PointFaceBoxes(width=0.25)
    weights = student.get_weights()

    with pytest.raises(ValueError, match=r"expected weights of PointFaceBoxes\(width=0.25\), got"):
        student.begin_with(FaceBoxesImproved(width=0.5))

    for got, expected in zip(student.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(got, expected)
