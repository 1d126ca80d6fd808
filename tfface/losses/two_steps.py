"""The losses of RefineFace: of two steps, each by its own positives, and of feature supervision."""

from collections.abc import Sequence

import numpy as np
from keras import ops

from tfface.anchors import AnchorLevel, smallest_side
from tfface.detectors.two_steps import TwoSteps
from tfface.losses.classification import sample_count, sampled_classification
from tfface.losses.focal import mean_over_positives, scale_aware_margins, sigmoid_focal
from tfface.losses.multibox import regression
from tfface.matching import ThresholdMatcher
from tfface.sampling import GroupSampling


def two_step_losses(
    steps: TwoSteps, settings, margin: float, targets, outputs, size: tuple[int, int], step=0
) -> dict:
    """Scalar losses by name (RefineFace, equations 1 and 2); finite also without a face.

    Args:
        steps: which levels have a first step.
        settings: `second_positive`, `second_negative`, `margin_samples`, and those of
            `sampled_classification` and `regression`.
        margin: alpha of the scale-aware margin, pixels; 0 for none.
        targets: of `tfface.targets.TwoStepTargets`.
        outputs: of `TwoSteps.separate`.
        size: height and width of the images.
        step: of the run.

    Returns:
        `classification` and `regression` of the second step, and `first_classification` and
        `first_regression` where levels have a first.
    """
    margins = scale_aware_margins(steps.levels, *size, margin)
    matcher = ThresholdMatcher(
        settings.second_positive, settings.second_negative, smallest=smallest_side(steps.levels)
    )
    labels, offsets = steps.second_targets(targets, outputs.get("first_offsets"), matcher, *size)
    sampling = GroupSampling.of_levels(settings, steps.levels, *size)
    if steps.moved and sampling is not None:  # those of levels that moved are new
        labels = sampling(labels, targets["seed"])
    remaining, ratio = outputs["remaining"], settings.ratio_at(step)

    def of_classes(labels, logits, margins, counts=True):
        if settings.margin_samples == "faces":
            margins = ops.where(labels == 1, margins, 0.0)
        return sampled_classification(settings, labels, logits - margins, ratio, counts)

    def of_boxes(labels, targets, offsets, counts=True):
        labels = ops.where(counts, labels, -1)
        divisor, aspect = sample_count(settings, labels), steps.levels[0].aspect
        return regression(settings, labels, targets, offsets, steps.variances, divisor, aspect)

    losses = {
        "classification": of_classes(labels, outputs["second_scores"], margins, remaining),
        "regression": of_boxes(labels, offsets, outputs["second_offsets"], remaining),
    }
    if steps.classified:
        losses["first_classification"] = of_classes(
            _first_labels(steps, targets, steps.classified, size),
            outputs["first_scores"],
            margins[steps.anchors_of(steps.classified, *size)],
        )
    if steps.moved:
        losses["first_regression"] = of_boxes(
            _first_labels(steps, targets, steps.moved, size),
            targets["first_offsets"],
            outputs["first_offsets"],
        )
    return losses


def supervision_loss(settings, levels: Sequence[AnchorLevel], targets, outputs):
    """The loss of what feature supervision says of proposals (section 3.4): a scalar.

    Args:
        settings: `supervision_positive`, `supervision_negative`, `supervision_weight`.
        levels: of the anchors.
        targets: with `faces` `(B, F, 4)` and `kinds` `(B, F)`.
        outputs: `proposals` `(B, n, 4)`, `proposed` bool `(B, n)`, `proposal_scores` `(B, n)`.
    """
    matcher = ThresholdMatcher(
        settings.supervision_positive,
        settings.supervision_negative,
        smallest=smallest_side(levels),
    )
    labels, _ = matcher(outputs["proposals"], targets["faces"], targets["kinds"])
    losses = sigmoid_focal(labels, outputs["proposal_scores"])
    return settings.supervision_weight * mean_over_positives(losses, labels, outputs["proposed"])


def _first_labels(steps: TwoSteps, targets, levels, size: tuple[int, int]):
    """Labels of the first step, of some of the levels that have one."""
    labelled = steps.anchors_of({*steps.classified, *steps.moved}, *size)
    wanted = np.isin(labelled, steps.anchors_of(levels, *size))
    if wanted.all():
        return targets["first_labels"]
    return ops.take(targets["first_labels"], np.flatnonzero(wanted), axis=1)
