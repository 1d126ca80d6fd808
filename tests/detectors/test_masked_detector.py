"""Masks as an option of detectors that come without."""

import numpy as np

from tfface.detectors.faceboxes import FaceBoxesImproved
from tfface.matching import FACE


def test_fbi_has_masks_where_it_is_asked_for_them() -> None:
    images = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)
    detector = FaceBoxesImproved(0.25, mask_levels=(0,))

    assert detector.loss_names == ("classification", "regression", "mask")
    assert detector(images)["masks"].shape == (1, 64)
    face = np.array([[10, 10, 30, 30]], np.float32)
    targets = detector.make_targets(64, 64)(face, np.array([FACE]), np.zeros(0, np.float32))
    assert targets["masks"].shape == (64,)
    batched = {name: np.asarray(value)[None] for name, value in targets.items()}
    losses = detector.compute_losses(images, batched, detector(images, training=True))
    assert set(losses) == set(detector.loss_names)
    assert 0 < float(losses["mask"]) < 5


def test_without_it_is_what_it_was() -> None:
    detector = FaceBoxesImproved(0.25)

    assert detector.loss_names == ("classification", "regression")
    masked = FaceBoxesImproved(0.25, mask_levels=(0,))
    # 3x3 from the 8 channels of the pyramid to 2 logits, and two biases.
    assert masked.count_params() - detector.count_params() == 9 * 8 * 2 + 2
