"""Knowledge distillation: a small detector that learns from the labels and from a big detector."""

from collections.abc import Sequence
from typing import Any

from keras import ops

from tfface.anchors import AnchorLevel
from tfface.detectors.base import Detector
from tfface.losses.distillation import informative_scores, threshold_distillation_loss
from tfface.taught import TaughtDetector


class Distiller(TaughtDetector):
    """Trains a student by `L_GT + weight * L_KD` (kd_fbi, section 2.1).

    L_GT are the student's own losses, L_KD is `tfface.losses.distillation` between the
    classification maps of both. The teacher is frozen and runs in inference mode. Beside the losses
    the metric `selected` tells the share of anchors that L_KD chooses.

    Args:
        student: the detector to train.
        teacher: a trained detector with the same anchors.
        weight: of L_KD, lambda in the paper.
        beta, gamma, alpha: of the threshold, as in `tfface.losses.distillation.score_threshold`.

    Raises:
        ValueError: the anchors of the two differ.
    """

    def __init__(
        self,
        student: Detector,
        teacher: Detector,
        weight: float = 50.0,
        beta: float = 6.4,
        gamma: float = 3.2,
        alpha: float | None = None,
        **kwargs,
    ):
        _check_same_anchors(student.anchor_levels, teacher.anchor_levels)
        super().__init__(student, teacher, ("distillation", "selected"), **kwargs)
        self.weight = weight
        self.threshold: dict[str, Any] = {"beta": beta, "gamma": gamma, "alpha": alpha}
        # Inside a function Keras does not see the teacher, so that its variables are not saved.
        self._run_teacher = lambda images: teacher(images, training=False)

    def training_outputs(self, images, targets) -> dict:
        """The student's outputs and `teacher_scores` `(B, A)`, logits."""
        outputs = self.student.training_outputs(images, targets)
        return {**outputs, "teacher_scores": self._run_teacher(images)["scores"]}

    def compute_losses(self, images, targets, outputs, step) -> dict:
        """The student's losses, and `distillation`, which is already multiplied by its weight."""
        losses = self.student.compute_losses(images, targets, outputs, step)
        distillation = threshold_distillation_loss(*_probabilities(outputs), **self.threshold)
        return {**losses, "distillation": self.weight * distillation}

    def measure(self, targets, outputs) -> dict:
        """The share of anchors that the distillation loss selects, in 0..1."""
        selected = informative_scores(*_probabilities(outputs), **self.threshold)
        return {"selected": ops.mean(ops.cast(selected, "float32"))}


def _probabilities(outputs):
    return ops.sigmoid(outputs["teacher_scores"]), ops.sigmoid(outputs["scores"])


def _check_same_anchors(student: Sequence[AnchorLevel], teacher: Sequence[AnchorLevel]) -> None:
    if tuple(student) != tuple(teacher):
        raise ValueError(
            "expected a teacher with the anchors of its student, whose scores can then be compared "
            f"one by one, got levels {_describe(teacher)} for a student with {_describe(student)}"
        )


def _describe(levels: Sequence[AnchorLevel]) -> str:
    """Every level as `32: 32x4 64x2 128`: stride, and scales with their densification."""

    def anchors(level: AnchorLevel) -> str:
        pairs = zip(level.scales, level.densification, strict=True)
        return " ".join(f"{scale}x{count}" if count > 1 else f"{scale}" for scale, count in pairs)

    return ", ".join(f"{level.stride}: {anchors(level)}" for level in levels)
