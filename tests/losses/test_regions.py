"""The losses of the second step of Fast R-CNN."""

import math

import numpy as np
import pytest

from tfface.boxes import VARIANCES
from tfface.detectors.grouped_rcnn import GroupedRCNNRecipe
from tfface.losses.regions import region_losses

REGIONS = np.array([[[0, 0, 8, 8], [0, 0, 8, 8], [4, 4, 12, 12]]], np.float32)


def losses(labels, faces=REGIONS, **recipe) -> dict[str, float]:
    outputs = {
        "regions": REGIONS,
        "region_scores": np.zeros((1, 3), np.float32),
        "region_offsets": np.zeros((1, 3, 4), np.float32),
    }
    settings = GroupedRCNNRecipe(**recipe)
    found = region_losses(settings, np.array([labels]), faces, outputs, VARIANCES)
    return {name: float(loss) for name, loss in found.items()}


def test_the_mean_of_the_samples_and_the_boxes_of_positives_by_hand() -> None:
    # Scores of a half cost log 2. The face of the first region is half as high: an IoU of 0.5,
    # whose least squares are 0.25, one of two samples; with weights of 3 and 2 * 3.
    faces = REGIONS.copy()
    faces[0, 0] = [0, 0, 8, 4]

    found = losses(
        [1, 0, -1],
        faces,
        regression_loss="least_square_iou",
        regression_weight=2.0,
        proposal_weight=3.0,
    )

    assert found["region_classification"] == pytest.approx(3 * math.log(2), rel=1e-5)
    assert found["region_regression"] == pytest.approx(3 * 2 * 0.25 / 2, rel=1e-4)


def test_without_samples_nothing_is_lost() -> None:
    assert losses([-1, -1, -1]) == {"region_classification": 0, "region_regression": 0}
