"""What every detector shares: the order of its outputs, losses, prediction."""

import keras
import numpy as np
import pytest
from keras import ops

from tfface.anchors import AnchorLevel, grid_anchors
from tfface.detectors.base import IMAGE_MEAN, Detector, LossSettings, select_faces

LEVELS = (AnchorLevel(8, (8, 16), (2, 1)), AnchorLevel(16, (32,)))


class CentresDetector(Detector):
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


def test_outputs_are_ordered_as_the_anchors() -> None:
    detector = CentresDetector()

    outputs = detector(np.zeros((2, 32, 64, 3), np.uint8))

    anchors = grid_anchors(LEVELS, 32, 64)
    corners = [level.cell_anchors() for level in LEVELS]
    for picture in range(2):
        cells = np.asarray(outputs["logits"])[picture]
        numbers = np.asarray(outputs["offsets"])[picture, :, 0].astype(int)
        # 4x8 cells of 8 pixels with 5 anchors, then 2x4 cells of 16 with one.
        of_cell = np.concatenate([corners[0][numbers[:160]], corners[1][numbers[160:]]])
        np.testing.assert_array_equal(np.tile(cells, 2) + of_cell, anchors)


def test_the_mean_is_subtracted_inside() -> None:
    class Mean(CentresDetector):
        def feature_maps(self, images, training=None):
            maps = super().feature_maps(images)
            return [m + images[:, :1, :1, :2] for m in maps]

    picture = np.zeros((1, 32, 32, 3), np.uint8)
    picture[:] = IMAGE_MEAN

    logits = np.asarray(Mean()(picture)["logits"])

    np.testing.assert_array_equal(logits[0, 0], [0, 0])


def test_losses_follow_the_settings() -> None:
    detector = CentresDetector()
    labels = np.zeros((1, 168), np.int32)
    labels[0, 0] = 1
    targets = {"labels": labels, "offsets": np.ones((1, 168, 4), np.float32)}
    images = np.zeros((1, 32, 64, 3), np.uint8)
    outputs = {"logits": np.zeros((1, 168, 2), np.float32), "offsets": np.zeros((1, 168, 4))}

    detector.loss_settings = LossSettings(regression_weight=2.0)
    losses = detector.compute_losses(images, targets, outputs)

    # Distances of 1 in four coordinates: 4 x 0.5, twice.
    assert float(losses["regression"]) == pytest.approx(4.0)


def logits_of(scores: list[float]) -> np.ndarray:
    """Logits whose softmax gives these scores to class 1."""
    odds = np.log(np.array(scores) / (1 - np.array(scores)))
    return np.stack([np.zeros_like(odds), odds], axis=-1).astype(np.float32)


def test_faces_are_the_best_boxes_that_do_not_overlap() -> None:
    anchors = np.array(
        [[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60], [90, 90, 99, 99]], np.float32
    )
    logits = logits_of([0.6, 0.9, 0.7, 0.01])

    boxes, scores = select_faces(logits, np.zeros((4, 4), np.float32), anchors)

    # The first overlaps the second by 9/11; the last is below 0.05.
    np.testing.assert_allclose(boxes, anchors[[1, 2]], atol=1e-4)
    np.testing.assert_allclose(scores, [0.9, 0.7], rtol=1e-5)
    assert (boxes.dtype, scores.dtype) == (np.float32, np.float32)


def test_candidates_are_limited() -> None:
    anchors = np.array([[20 * i, 0, 20 * i + 10, 10] for i in range(5)], np.float32)
    logits = logits_of([0.5, 0.9, 0.6, 0.8, 0.7])

    _, scores = select_faces(logits, np.zeros((5, 4), np.float32), anchors, candidates=2)

    np.testing.assert_allclose(scores, [0.9, 0.8], rtol=1e-5)


def test_a_picture_without_faces_has_none() -> None:
    boxes, scores = select_faces(
        logits_of([0.01]), np.zeros((1, 4), np.float32), np.array([[0, 0, 9, 9]], np.float32)
    )

    assert (boxes.shape, scores.shape) == ((0, 4), (0,))


def test_extreme_logits_do_not_overflow() -> None:
    logits = np.array([[-1e4, 1e4], [1e4, -1e4]], np.float32)
    anchors = np.array([[0, 0, 9, 9], [20, 0, 29, 9]], np.float32)

    _, scores = select_faces(logits, np.zeros((2, 4), np.float32), anchors)

    np.testing.assert_array_equal(scores, [1.0])


def test_a_detector_without_maps_says_what_is_missing() -> None:
    class Unfinished(Detector):
        def __init__(self):
            super().__init__(LEVELS)

    with pytest.raises(NotImplementedError, match="Unfinished must return one map per anchor"):
        Unfinished().feature_maps(keras.Input((32, 32, 3)))
