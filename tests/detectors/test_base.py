"""What every detector shares: the order of its outputs, candidates, prediction, configuration."""

from dataclasses import dataclass

import keras
import numpy as np
import pytest
from keras import ops

from tfface.anchors import AnchorLevel, grid_anchors
from tfface.boxes import decode
from tfface.detectors.base import Detector

LEVELS = (AnchorLevel(8, (8, 16), (2, 1)), AnchorLevel(16, (32,)))


@dataclass(frozen=True)
class NoRecipe:
    """Nothing to choose."""


class CentresDetector(Detector):
    """Every anchor says where its cell is, and which anchor of it it is.

    Its score is x + 1000 y of the upper left corner of the cell; its first offset is the number of
    the anchor in the cell, the second the mean of the first pixel of the picture.
    """

    recipe_class = NoRecipe

    def __init__(self, shift: float = 0.0):
        super().__init__(LEVELS)
        self.shift = shift
        self.build_symbolically()

    def inference_maps(self, pixels):
        scores, offsets = [], []
        height, width = ops.shape(pixels)[1:3]
        mean = ops.mean(pixels[:, :1, :1], axis=(1, 2, 3), keepdims=True)
        for level in self.anchor_levels:
            y, x = (
                ops.cast(level.stride * ops.arange(side // level.stride), "float32")
                for side in (height, width)
            )
            corner = x[None, :] + 1000.0 * y[:, None] - self.shift
            cells = ops.zeros_like(mean) + corner[None, ..., None]
            scores.append(ops.repeat(cells, level.anchors_per_cell, axis=-1))
            numbers = ops.arange(level.anchors_per_cell, dtype="float32")[:, None]
            firsts = (
                numbers * np.array([1, 0, 0, 0], np.float32)
                + np.array([0, 1, 0, 0], np.float32) * mean
            )
            values = ops.reshape(firsts, (-1, 1, 1, 4 * level.anchors_per_cell))
            offsets.append(ops.zeros_like(cells) + values)
        return {"scores": scores, "offsets": offsets}


def test_outputs_are_ordered_as_the_anchors() -> None:
    outputs = CentresDetector()(np.zeros((2, 32, 64, 3), np.uint8))

    anchors = grid_anchors(LEVELS, 32, 64)
    corners = [level.cell_anchors() for level in LEVELS]
    for picture in range(2):
        scores = np.asarray(outputs["scores"])[picture]
        cells = np.stack([scores % 1000, scores // 1000], axis=-1)
        numbers = np.asarray(outputs["offsets"])[picture, :, 0].astype(int)
        # 4x8 cells of 8 pixels with 5 anchors, then 2x4 cells of 16 with one.
        of_cell = np.concatenate([corners[0][numbers[:160]], corners[1][numbers[160:]]])
        np.testing.assert_array_equal(np.tile(cells, 2) + of_cell, anchors)


def test_the_mean_is_subtracted_inside() -> None:
    class Blue(CentresDetector):
        pixel_mean = (1.0, 2.0, 200.0)

    for kind in (CentresDetector, Blue):
        picture = np.zeros((1, 32, 32, 3), np.uint8)
        picture[:] = kind.pixel_mean

        offsets = np.asarray(kind()(picture)["offsets"])

        np.testing.assert_allclose(offsets[0, :, 1], 0, atol=1e-5)


@pytest.mark.parametrize("pictures", [1, 2])
def test_candidates_are_the_surest_with_their_own_anchors(pictures: int) -> None:
    detector = CentresDetector()
    images = np.full((pictures, 32, 64, 3), 120, np.uint8)
    outputs = detector(images)

    scores, boxes = detector.candidates(outputs, 32, 64, 7)

    # The lowest row of cells of 8 pixels, y 24: its last cell, x 56, and the one before it, five
    # anchors each.
    expected = [24_056] * 5 + [24_048] * 2
    np.testing.assert_array_equal(scores, [expected] * pictures)
    anchors = grid_anchors(LEVELS, 32, 64)
    chosen = [*range(155, 160), 150, 151]
    for index in range(pictures):
        offsets = np.asarray(outputs["offsets"])[index][chosen]
        np.testing.assert_allclose(boxes[index], decode(offsets, anchors[chosen]), atol=1e-4)


def test_there_are_never_more_candidates_than_anchors() -> None:
    detector = CentresDetector()
    outputs = detector(np.zeros((1, 32, 32, 3), np.uint8))

    scores, boxes = detector.candidates(outputs, 32, 32, 1000)

    # 4x4 cells of 5 anchors and 2x2 of one.
    assert (scores.shape, boxes.shape) == ((1, 84), (1, 84, 4))


def test_boxes_are_decoded_of_all_that_is_named_with_the_variances() -> None:
    class TwoSteps(CentresDetector):
        box_outputs = ("coarse_offsets", "offsets")
        box_variances = (1.0, 1.0, 1.0, 1.0)

        def inference_maps(self, pixels):
            maps = super().inference_maps(pixels)
            return maps | {"coarse_offsets": [ops.ones_like(m) for m in maps["offsets"]]}

        def decode(self, outputs, anchors):
            assert set(outputs) == {"coarse_offsets", "offsets"}
            return super().decode({"offsets": outputs["coarse_offsets"]}, anchors)

    detector = TwoSteps()

    _, boxes = detector.candidates(detector(np.zeros((1, 32, 32, 3), np.uint8)), 32, 32, 1)

    # The surest anchor is the first of the last cell of 8 pixels, around (26, 26): one anchor to
    # the right and below, and e times as large.
    half = 4 * np.e
    expected = [34 - half, 34 - half, 34 + half, 34 + half]
    np.testing.assert_allclose(boxes, [[expected]], rtol=1e-5)


def test_faces_are_selected_picture_by_picture() -> None:
    detector = CentresDetector(shift=24_056.0)
    outputs = detector(np.zeros((2, 32, 64, 3), np.uint8))
    outputs["scores"] = np.asarray(outputs["scores"]) - [[0.0], [1e5]]

    (boxes, scores), (no_boxes, no_scores) = detector.select(outputs, 32, 64, score_threshold=0.05)

    # The last cell has logits of 0, all others of -8 or less, which are below the threshold.
    np.testing.assert_array_equal(scores, 0.5)
    assert 1 <= len(boxes) == len(scores) <= 5
    assert (no_boxes.shape, no_scores.shape) == ((0, 4), (0,))


def test_a_picture_is_padded_to_the_stride_and_boxes_keep_their_place() -> None:
    detector = CentresDetector(shift=24_056.0)

    picture = np.zeros((20, 40, 3), np.float32)
    picture[:] = detector.pixel_mean

    boxes, scores = detector.predict_boxes(picture, score_threshold=0.05)

    # Padded to 32x64, where the surest cell is the last one, x 56 and y 24. Its first four anchors
    # of 8 pixels stand at its quarters, moved by their number times 0.1 of their side.
    assert len(boxes) == len(scores) > 0
    np.testing.assert_allclose(boxes[0], [54, 22, 62, 30], atol=1e-4)


def test_options_are_the_configuration() -> None:
    detector = CentresDetector(shift=2.0)

    assert detector.get_config() == {"name": detector.name, "shift": 2.0}


def test_every_weight_is_one_of_inference_unless_a_detector_says_otherwise() -> None:
    detector = CentresDetector()

    assert detector.inference_weights() == detector.weights


@pytest.mark.parametrize(
    ("method", "arguments", "message"),
    [
        ("inference_maps", (None,), "Unfinished must return maps of scores and offsets"),
        ("make_targets", (32, 32), "Unfinished must say what it learns from"),
        ("rescale_scores", (1.0, 0.0), "Unfinished must rescale its heads"),
        ("compute_losses", (None,) * 4, "Unfinished must write compute_losses"),
    ],
)
def test_an_unfinished_detector_says_what_is_missing(method, arguments, message) -> None:
    class Unfinished(Detector):
        recipe_class = NoRecipe

        def __init__(self):
            super().__init__(LEVELS)

    with pytest.raises(NotImplementedError, match=message):
        getattr(Unfinished(), method)(*arguments)


def test_it_is_a_keras_model() -> None:
    assert isinstance(CentresDetector(), keras.Model)
