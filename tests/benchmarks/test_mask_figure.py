"""The masks that a figure shows beside those of a detector."""

import numpy as np
import pytest

from benchmarks.mask_figure import true_masks, with_threshold
from tfface.detectors.uf_ssd import UFSSD


@pytest.fixture(scope="module")
def detector() -> UFSSD:
    return UFSSD("vgg16", 0.0625, mask_levels=(0, 2))


def test_true_masks_are_those_of_the_detectors_levels(detector) -> None:
    picture = np.zeros((60, 62, 3), np.uint8)

    fine, coarse = true_masks(detector, picture, np.array([[8, 8, 24, 24]]))

    assert fine.shape == coarse.shape == (60, 62)
    assert fine[16, 16] and coarse[16, 16]
    # Around (58, 58) squares of the first level, of at most 22.6 pixels, begin at 46.7.
    assert not fine[59, 59]
    # Those of the third are of 45 to 90.5 pixels around (56, 56): the largest begins at 10.7 and
    # has 13.3 x 13.3 = 177 pixels in common with the face, of 90.5² + 256 - 177 = 8,269: 0.02.
    assert coarse[59, 59]


def test_a_picture_without_faces_has_empty_masks(detector) -> None:
    masks = true_masks(detector, np.zeros((32, 32, 3), np.uint8), np.zeros((0, 4)))

    assert len(masks) == 2
    assert not np.any(masks)


def test_another_threshold_changes_nothing_else(detector) -> None:
    changed = with_threshold(detector, 0.5)

    assert changed.feature_masks.of_level(0).threshold == 0.5
    for weight, other in zip(changed.weights, detector.weights, strict=True):
        np.testing.assert_array_equal(weight, other)
