"""Masks as an option of detectors that come without."""

from typing import Any

import numpy as np
import pytest

from tfface.detectors.faceboxes import FaceBoxesImproved
from tfface.detectors.refineface import RefineFace
from tfface.matching import FACE

SMALL: dict[str, Any] = {
    "width": 0.125,
    "filters": 8,
    "two_step_regression": (5,),
    "two_step_classification": (3,),
    "receptive_field_enhancement": False,
    "feature_supervision": False,
}


@pytest.fixture(scope="module")
def masked_fbi() -> FaceBoxesImproved:
    return FaceBoxesImproved(0.25, mask_levels=(0,))


def test_fbi_has_masks_where_it_is_asked_for_them(masked_fbi) -> None:
    images = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)
    detector = masked_fbi

    assert detector.loss_names == ("classification", "regression", "mask")
    assert detector(images)["masks"].shape == (1, 64)
    face = np.array([[10, 10, 30, 30]], np.float32)
    targets = detector.make_targets(64, 64)(face, np.array([FACE]), np.zeros(0, np.float32))
    assert targets["masks"].shape == (64,)
    batched = {name: np.asarray(value)[None] for name, value in targets.items()}
    losses = detector.compute_losses(images, batched, detector(images, training=True))
    assert set(losses) == set(detector.loss_names)
    assert 0 < float(losses["mask"]) < 5


def test_refineface_has_masks_of_the_levels_of_its_pyramid() -> None:
    images = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)
    detector = RefineFace(**SMALL, mask_levels=(0, 2))

    # Strides 4 and 16: 16 * 16 and 4 * 4 cells of 64 pixels.
    outputs = detector(images)
    assert outputs["masks"].shape == (1, 16 * 16 + 4 * 4)
    assert [mask.shape for mask in detector.predict_masks(images[0])] == [(64, 64)] * 2
    face = np.array([[10, 10, 30, 30]], np.float32)
    targets = detector.make_targets(64, 64)(face, np.array([FACE]), np.zeros(0, np.float32))
    batched = {name: np.asarray(value)[None] for name, value in targets.items()}
    losses = detector.compute_losses(images, batched, detector(images, training=True))
    assert set(losses) == set(detector.loss_names)
    assert 0 < float(losses["mask"]) < 5


def test_what_a_mask_hides_refineface_does_not_see() -> None:
    images = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)
    detector = RefineFace(**SMALL, mask_levels=(0,))
    hidden = detector.feature_masks.of_level(0)
    hidden.predictor.kernel.assign(0 * hidden.predictor.kernel)
    hidden.predictor.bias.assign([9.0, -9.0])  # background, everywhere

    outputs = detector(images)

    assert not np.asarray(outputs["masks"]).any()
    # Of the finest level, the first 16 * 16 * 2 anchors, nothing but biases is left.
    finest = np.asarray(outputs["scores"])[0, : 16 * 16 * 2].reshape(-1, 2)
    inner = finest.reshape(16, 16, 2)[6:10, 6:10]
    np.testing.assert_allclose(inner, np.broadcast_to(inner[0, 0], inner.shape), atol=1e-5)


def test_without_it_is_what_it_was(masked_fbi) -> None:
    detector = FaceBoxesImproved(0.25)

    assert detector.loss_names == ("classification", "regression")
    # 3x3 from the 8 channels of the pyramid to 2 logits, and two biases.
    assert masked_fbi.count_params() - detector.count_params() == 9 * 8 * 2 + 2
