"""Where anchors sit."""

import numpy as np
import pytest
from keras import ops

from tfface.anchors import AnchorLevel, anchors_at, grid_anchors, level_anchors, smallest_side
from tfface.detectors.faceboxes import FACEBOXES_ANCHORS, FBI_ANCHORS


def test_one_anchor_stands_in_the_middle_of_its_cell() -> None:
    # A cell of 16 pixels has its centre at 8.
    level = AnchorLevel(stride=16, scales=(16, 32))

    np.testing.assert_array_equal(level.cell_anchors(), [[0, 0, 16, 16], [-8, -8, 24, 24]])


def test_the_aspect_is_height_over_width_and_keeps_the_area() -> None:
    # 16 pixels, four times as high as wide: 8 and 32; around the centre of the cell, (8, 8).
    level = AnchorLevel(stride=16, scales=(16,), aspect=4.0)

    np.testing.assert_allclose(level.cell_anchors(), [[4, -8, 12, 24]])


def test_densified_anchors_stand_evenly_in_their_cell() -> None:
    # FaceBoxes, section 3.3: 32 pixels four times as dense, 64 twice, 128 as is; cells of 32.
    anchors = AnchorLevel(32, (32, 64, 128), (4, 2, 1)).cell_anchors()

    assert anchors.shape == (16 + 4 + 1, 4)
    centres = (anchors[:, :2] + anchors[:, 2:]) / 2
    sides = anchors[:, 2] - anchors[:, 0]
    np.testing.assert_array_equal(sides, [32] * 16 + [64] * 4 + [128])
    # The sixteen go row by row, a quarter of a cell apart: 4, 12, 20, 28.
    np.testing.assert_array_equal(centres[:5], [[4, 4], [12, 4], [20, 4], [28, 4], [4, 12]])
    np.testing.assert_array_equal(centres[16:20], [[8, 8], [24, 8], [8, 24], [24, 24]])
    np.testing.assert_array_equal(anchors[0], [-12, -12, 20, 20])
    np.testing.assert_array_equal(anchors[16], [-24, -24, 40, 40])
    np.testing.assert_array_equal(anchors[20], [-48, -48, 80, 80])


def test_densified_anchors_may_begin_at_the_corner_of_their_cell() -> None:
    anchors = AnchorLevel(32, (32, 64, 128), (4, 2, 1), from_corner=True).cell_anchors()

    centres = (anchors[:, :2] + anchors[:, 2:]) / 2
    # A quarter and a half of the cell apart: 0, 8, 16, 24 and 0, 16. One alone is in the middle.
    np.testing.assert_array_equal(centres[:5], [[0, 0], [8, 0], [16, 0], [24, 0], [0, 8]])
    np.testing.assert_array_equal(centres[16:20], [[0, 0], [16, 0], [0, 16], [16, 16]])
    np.testing.assert_array_equal(centres[20], [16, 16])


def test_levels_are_laid_out_row_by_row() -> None:
    # 2 rows of 3 cells of 8 pixels with one anchor each.
    anchors = level_anchors(AnchorLevel(8, (8,)), height=16, width=24)

    np.testing.assert_array_equal(
        anchors[:, :2], [[0, 0], [8, 0], [16, 0], [0, 8], [8, 8], [16, 8]]
    )
    assert anchors.dtype == np.float32


def test_anchors_of_faceboxes_at_1024() -> None:
    # 32x32 cells of 21, 16x16 of 1, 8x8 of 1: 21,504 + 256 + 64.
    anchors = grid_anchors(FACEBOXES_ANCHORS, 1024, 1024)

    assert anchors.shape == (21_824, 4)
    # Second cell of the first row: the first one, at its corner, 32 pixels to the right.
    np.testing.assert_array_equal(anchors[21], [16, -16, 48, 16])
    # The first of stride 64 has its centre at 32, the first of stride 128 at 64.
    np.testing.assert_array_equal(anchors[21_504], [-96, -96, 160, 160])
    np.testing.assert_array_equal(anchors[21_504 + 256], [-192, -192, 320, 320])
    np.testing.assert_array_equal(anchors[-1], [704, 704, 1216, 1216])


def test_anchors_of_fbi_at_512() -> None:
    # 64x64 cells of 4, then 32x32, 16x16, 8x8 and 4x4 cells of 2.
    assert len(grid_anchors(FBI_ANCHORS, 512, 512)) == 4 * 4096 + 2 * (1024 + 256 + 64 + 16)


def test_a_cell_that_reaches_beyond_the_image_counts() -> None:
    # "Same" padding: 33 pixels are two cells of 32.
    assert AnchorLevel(32, (32,)).grid_shape(height=33, width=32) == (2, 1)


@pytest.mark.parametrize(
    ("stride", "scales", "densification", "message"),
    [
        (8, (), (), "at least one scale"),
        (8, (16, 32), (1,), "one densification a scale"),
        (0, (16,), (), "must be positive"),
        (8, (-16,), (), "must be positive"),
        (8, (16,), (0,), "must be positive"),
    ],
)
def test_impossible_levels_are_refused(stride, scales, densification, message) -> None:
    with pytest.raises(ValueError, match=message):
        AnchorLevel(stride, scales, densification)


def test_an_aspect_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="aspects must be positive"):
        AnchorLevel(8, (16,), aspect=0.0)


TALL = (AnchorLevel(8, (16, 20), aspect=1.25), AnchorLevel(64, (128,), (2,), aspect=0.5))


@pytest.mark.parametrize("levels", [FACEBOXES_ANCHORS, FBI_ANCHORS, TALL])
@pytest.mark.parametrize("size", [(32, 32), (64, 160), (256, 128)])
def test_anchors_worked_out_one_by_one_are_those_of_the_grid(levels, size) -> None:
    expected = grid_anchors(levels, *size)
    indices = np.random.default_rng(0).permutation(len(expected)).astype(np.int32)

    np.testing.assert_array_equal(anchors_at(indices, levels, *size), expected[indices])


def test_numbers_of_anchors_have_any_shape_and_sides_may_be_tensors() -> None:
    expected = grid_anchors(FBI_ANCHORS, 96, 160)
    indices = np.random.default_rng(0).integers(0, len(expected), (2, 3, 5)).astype(np.int32)

    found = anchors_at(indices, FBI_ANCHORS, ops.array(96, "int32"), ops.array(160, "int32"))

    np.testing.assert_array_equal(found, expected[indices])


def test_the_smallest_side_is_the_width_of_tall_anchors() -> None:
    # Of 16 x 16 pixels and twice as high as wide; squares of 12.
    levels = (AnchorLevel(16, (32, 16), aspect=2.0), AnchorLevel(16, (12,)))

    assert smallest_side(levels) == pytest.approx(16 / 2**0.5)
    assert smallest_side(levels[1:]) == 12


def test_no_anchor_of_one_level() -> None:
    assert anchors_at(np.zeros((2, 0), np.int32), TALL[:1], 32, 32).shape == (2, 0, 4)
