"""The losses of the second step of Fast R-CNN (arXiv:1504.08083, section 2.3)."""

from keras import ops

from tfface.boxes import encode
from tfface.losses.classification import binary_cross_entropy
from tfface.losses.multibox import regression
from tfface.replicas import share_of_batch


def region_losses(settings, labels, faces, outputs, variances) -> dict:
    """Scalar losses by name, finite also where nothing is proposed.

    Args:
        settings: `proposal_weight`, and those of `regression`.
        labels: int `(B, n)` of the regions: 1 face, 0 background, -1 not sampled.
        faces: `(B, n, 4)`, the face of each region.
        outputs: `regions` `(B, n, 4)`, each with an area; `region_scores` `(B, n)`; and
            `region_offsets` `(B, n, 4)`.
        variances: of the offsets.

    Returns:
        `region_classification`, the mean of the sampled regions, and `region_regression`, of the
        positive ones by the number of the sampled.
    """
    sampled = labels >= 0
    samples = ops.sum(ops.cast(sampled, "float32"))
    losses = ops.where(sampled, binary_cross_entropy(labels, outputs["region_scores"]), 0.0)
    mean = share_of_batch(ops.sum(losses), samples)
    regions = outputs["regions"]
    offsets = encode(faces, regions, variances)
    sides = regions[..., 2:] - regions[..., :2]
    of_boxes = regression(
        settings,
        labels,
        offsets,
        outputs["region_offsets"],
        variances,
        samples,
        aspects=sides[..., 1] / sides[..., 0],
    )
    return {
        "region_classification": settings.proposal_weight * mean,
        "region_regression": settings.proposal_weight * of_boxes,
    }
