"""The losses of RefineFace: of two steps, each by its own positives, and of feature supervision."""

import numpy as np
from keras import ops

from tfface.detectors.two_steps import TwoSteps
from tfface.losses.focal import mean_over_positives, scale_aware_margins, sigmoid_focal
from tfface.losses.regression import smooth_l1
from tfface.matching import ThresholdMatcher


def two_step_losses(
    steps: TwoSteps, settings, margin: float, targets, outputs, size: tuple[int, int]
) -> dict:
    """Scalar losses by name (RefineFace, equations 1 and 2); finite also without a face.

    Args:
        steps: which levels have a first step.
        settings: `second_positive`, `second_negative`, `margin_samples`, `regression_weight`.
        margin: alpha of the scale-aware margin, pixels; 0 for none.
        targets: of `tfface.targets.TwoStepTargets`.
        outputs: of `TwoSteps.separate`.
        size: height and width of the images.

    Returns:
        `classification` and `regression` of the second step, and `first_classification` and
        `first_regression` where levels have a first.
    """
    margins = scale_aware_margins(steps.levels, *size, margin)
    matcher = ThresholdMatcher(settings.second_positive, settings.second_negative)
    labels, offsets = steps.second_targets(targets, outputs.get("first_offsets"), matcher, *size)
    remaining = outputs["remaining"]
    losses = {
        "classification": _classification(
            settings, labels, outputs["second_scores"], margins, remaining
        ),
        "regression": _regression(settings, labels, offsets, outputs["second_offsets"], remaining),
    }
    if steps.classified:
        losses["first_classification"] = _classification(
            settings,
            _first_labels(steps, targets, steps.classified, size),
            outputs["first_scores"],
            margins[steps.anchors_of(steps.classified, *size)],
        )
    if steps.moved:
        losses["first_regression"] = _regression(
            settings,
            _first_labels(steps, targets, steps.moved, size),
            targets["first_offsets"],
            outputs["first_offsets"],
        )
    return losses


def supervision_loss(settings, targets, outputs):
    """The loss of what feature supervision says of proposals (section 3.4): a scalar.

    Args:
        settings: `supervision_positive`, `supervision_negative`, `supervision_weight`.
        targets: with `faces` `(B, F, 4)` and `kinds` `(B, F)`.
        outputs: `proposals` `(B, n, 4)`, `proposed` bool `(B, n)`, `proposal_scores` `(B, n)`.
    """
    matcher = ThresholdMatcher(settings.supervision_positive, settings.supervision_negative)
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


def _classification(settings, labels, logits, margins, counts=True):
    if settings.margin_samples == "faces":
        margins = ops.where(labels == 1, margins, 0.0)
    losses = sigmoid_focal(labels, logits - margins)
    return mean_over_positives(losses, labels, counts)


def _regression(settings, labels, targets, offsets, counts=True):
    losses = ops.where(labels == 1, smooth_l1(targets, offsets), 0.0)
    return settings.regression_weight * mean_over_positives(losses, labels, counts)
