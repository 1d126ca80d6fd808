"""What masks cost and save."""

import numpy as np

from benchmarks.mask_cost import measure_masks
from tfface.detectors.uf_ssd import UFSSD


def test_a_row_tells_what_is_masked_and_what_is_left() -> None:
    masked = UFSSD("vgg16", 0.0625, mask_levels=(0, 2))
    predictor = masked.feature_masks.of_level(0).predictor
    predictor.bias.assign([1e5, -1e5])  # everything on the finest level is background
    plain = UFSSD("vgg16", 0.0625, mask_levels=())
    pictures = [np.full((64, 64, 3), value, np.uint8) for value in (0, 200)]

    first, second = measure_masks({"masked": masked, "plain": plain}, pictures)

    assert first["masked"].startswith("1.00 ") and second["masked"] == "-"
    # 3x3 from 16 and from 32 channels to two logits, with biases.
    assert first["parameters"] - second["parameters"] == 9 * 2 * (16 + 32) + 4
    # 16² + 8² + 4² + 2² + 1 + 1 anchors.
    assert 0 <= first["boxes above 0.05"] <= 342
    assert all(row["all ms"] > 0 for row in (first, second))
