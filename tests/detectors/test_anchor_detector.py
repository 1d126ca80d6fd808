"""Detectors of one step: heads of two logits and four offsets an anchor, and how they train."""

import keras
import numpy as np
import pytest
from keras import ops

from tfface.anchors import AnchorLevel, grid_anchors
from tfface.detectors.anchor_detector import AnchorDetector, AnchorRecipe
from tfface.detectors.faceboxes import FaceBoxesImproved
from tfface.matching import FACE

LEVELS = (AnchorLevel(8, (8, 16), (2, 1)), AnchorLevel(16, (32,)))


class CentresDetector(AnchorDetector):
    """Its feature maps hold x and y of the upper left corner of every cell, and its heads copy it.

    So the logits of an anchor tell where its cell is, and its offsets which anchor of it it is.
    """

    head_kernel_size = 1

    def __init__(self):
        super().__init__(LEVELS)
        self.build_symbolically()
        for level, head in zip(self.anchor_levels, self.heads, strict=True):
            kernel = np.zeros((1, 1, 2, 6 * level.anchors_per_cell), np.float32)
            bias = np.zeros((level.anchors_per_cell, 6), np.float32)
            kernel[0, 0, 0, 0::6] = 1.0
            kernel[0, 0, 1, 1::6] = 1.0
            bias[:, 2] = np.arange(level.anchors_per_cell)
            head.set_weights([kernel, bias.reshape(-1)])

    def feature_maps(self, images, training=None):
        maps = []
        for level in self.anchor_levels:
            rows, columns = level.grid_shape(images.shape[1], images.shape[2])
            corners = np.indices((rows, columns))[::-1] * level.stride
            corners = np.moveaxis(corners, 0, -1)[None].astype(np.float32)
            maps.append(ops.zeros_like(images[:, :1, :1, :2]) + corners)
        return maps


def test_outputs_of_training_are_ordered_as_the_anchors() -> None:
    outputs = CentresDetector()(np.zeros((2, 32, 64, 3), np.uint8), training=True)

    anchors = grid_anchors(LEVELS, 32, 64)
    corners = [level.cell_anchors() for level in LEVELS]
    for picture in range(2):
        cells = np.asarray(outputs["logits"])[picture]
        numbers = np.asarray(outputs["offsets"])[picture, :, 0].astype(int)
        # 4x8 cells of 8 pixels with 5 anchors, then 2x4 cells of 16 with one.
        of_cell = np.concatenate([corners[0][numbers[:160]], corners[1][numbers[160:]]])
        np.testing.assert_array_equal(np.tile(cells, 2) + of_cell, anchors)


def test_scores_are_the_difference_of_the_logits_in_training_and_in_inference() -> None:
    detector, pictures = CentresDetector(), np.zeros((2, 32, 64, 3), np.uint8)

    trained, found = detector(pictures, training=True), detector(pictures)

    logits = np.asarray(trained["logits"])
    for outputs in (trained, found):
        np.testing.assert_array_equal(outputs["scores"], logits[..., 1] - logits[..., 0])
        np.testing.assert_array_equal(outputs["offsets"], trained["offsets"])
    assert set(found) == {"scores", "offsets"}


def losses_of(detector: AnchorDetector, labels, offsets) -> dict[str, float]:
    """Losses where all logits and offsets are 0."""
    targets = {"labels": np.array([labels], np.int32), "offsets": np.array([offsets], np.float32)}
    outputs = {"logits": np.zeros((1, 168, 2), np.float32), "offsets": np.zeros((1, 168, 4))}
    images = np.zeros((1, 32, 64, 3), np.uint8)
    losses = detector.compute_losses(images, targets, outputs)
    return {name: float(loss) for name, loss in losses.items()}


def test_losses_follow_the_recipe() -> None:
    detector = CentresDetector()
    detector.recipe = AnchorRecipe(regression_weight=2.0, sampler="all")

    losses = losses_of(detector, [1] + [-1] * 27 + [0] * 140, np.ones((168, 4)))

    # Distances of 1 in four coordinates: 4 x 0.5, twice. One face and 140 of background.
    assert losses["regression"] == pytest.approx(4.0)
    assert losses["classification"] == pytest.approx(141 * np.log(2), rel=1e-5)
    assert set(losses) == set(detector.loss_names)


def test_mining_becomes_harder_with_the_steps() -> None:
    detector = CentresDetector()
    detector.recipe = AnchorRecipe(
        mining_steps=10, initial_negative_ratio=8.0, negative_ratio=2.0, minimum_negatives=1
    )
    labels = np.array([[1] + [0] * 167], np.int32)
    zeros = np.zeros((1, 168, 4), np.float32)
    logits = np.zeros((1, 168, 2), np.float32)
    logits[0, :, 1] = np.arange(168) / 10
    outputs = {"logits": logits, "offsets": zeros}
    images = np.zeros((1, 32, 64, 3), np.uint8)
    targets = {"labels": labels, "offsets": zeros}

    for step, negatives in ((0, 8), (5, 4), (10, 2), (99, 2)):
        losses = detector.compute_losses(images, targets, outputs, step)

        # The face has equal logits; of the background the last are the hardest.
        hardest = np.log1p(np.exp(logits[0, -negatives:, 1]))
        assert float(losses["classification"]) == pytest.approx(np.log(2) + hardest.sum(), rel=1e-4)


@pytest.mark.parametrize(
    ("recipe", "labels"),
    [
        # The face is the first of two cells of 16 pixels, moved by 4: an overlap of 12 / 20 with
        # it, and of 4 / 28 with the second.
        ({}, [1, 1]),
        ({"compensation_count": 1}, [1, 0]),
        ({"compensation_threshold": 0.2}, [1, 0]),
        ({"compensation_count": 1, "negative_threshold": 0.1}, [1, -1]),
        ({"compensation_count": 1, "positive_threshold": 0.1}, [1, 1]),
    ],
)
def test_targets_follow_the_recipe(recipe, labels) -> None:
    detector = AnchorDetector([AnchorLevel(16, (16,))])
    detector.recipe = AnchorRecipe(**recipe)

    targets = detector.make_targets(16, 32)(
        np.array([[4, 0, 20, 16]], np.float32), np.array([FACE]), np.zeros(0, np.float32)
    )

    assert np.asarray(targets["labels"]).tolist() == labels


def test_targets_are_encoded_with_the_variances_of_the_detector() -> None:
    class Coarse(AnchorDetector):
        box_variances = (1.0, 1.0, 1.0, 1.0)

    targets = Coarse([AnchorLevel(16, (16,))]).make_targets(16, 16)(
        np.array([[4, 0, 20, 16]], np.float32), np.array([FACE]), np.zeros(0, np.float32)
    )

    # 4 of 16 pixels to the right.
    np.testing.assert_allclose(targets["offsets"], [[0.25, 0, 0, 0]], atol=1e-6)


def test_every_score_is_rescaled_and_nothing_else() -> None:
    detector = FaceBoxesImproved(width=0.5)
    image = np.random.default_rng(0).uniform(0, 255, (1, 64, 64, 3)).astype(np.float32)
    detector.trainable = False  # training then computes as inference does

    def outputs():
        modes = (detector(image, training=mode) for mode in (False, True))
        return [{name: np.array(value) for name, value in of.items()} for of in modes]

    before = outputs()
    detector.rescale_scores(0.5, 1.5)
    after = outputs()

    for old, new in zip(before, after, strict=True):
        np.testing.assert_allclose(new["scores"], 0.5 * (old["scores"] - 1.5), atol=1e-5)
        np.testing.assert_array_equal(new["offsets"], old["offsets"])


def test_a_detector_without_maps_says_what_is_missing() -> None:
    class Unfinished(AnchorDetector):
        pass

    with pytest.raises(NotImplementedError, match="Unfinished must return one map per anchor"):
        Unfinished(LEVELS).feature_maps(keras.Input((32, 32, 3)))
