"""Learning from all that another detector gives for its points, with or without labels."""

from typing import Any

from keras import ops

from tfface.anchors import grid_anchors
from tfface.detectors.point_detector import PointDetector
from tfface.feature_imitator import FeatureImitator
from tfface.losses.iou import iou_loss
from tfface.losses.quality import quality_focal
from tfface.replicas import share_of_batch

LEAST_SCORE = 0.2
"""Boxes of the teacher with a lower score are not imitated."""

SCORE_WEIGHT, BOX_WEIGHT = 2.0, 2.0


class Imitator(FeatureImitator):
    """Trains a student to see what its teacher sees, point by point.

    Beside the maps that the heads read, those of the backbone learn the teacher's; the scores
    learn the teacher's by the quality focal loss, and the boxes the teacher's where they have a
    score. That is a signal for every point of any picture, so pictures without annotation serve
    too.

    Args:
        student: the detector to train.
        teacher: a trained detector with points of the same strides.
        label_weight: of the student's own losses; 0 to learn from the teacher alone.

    Raises:
        ValueError: detectors without points, or with other strides.
    """

    imitated = ("features", "scores", "boxes")

    def __init__(
        self, student: PointDetector, teacher: PointDetector, label_weight: float = 0.0, **kwargs
    ):
        super().__init__(student, teacher, label_weight, **kwargs)
        self._decode_teacher = lambda *arguments: _decode(teacher, *arguments)

    def check(self, student: Any, teacher: Any, label_weight: float) -> None:
        if not have_same_points(student, teacher):
            raise ValueError(
                "expected a student and a teacher with points of the same strides, such as "
                f"PlainFace and YuNet, got {type(student).__name__} and {type(teacher).__name__}"
            )

    def imitated_maps(self, detector: PointDetector, images, training: bool) -> tuple[list, list]:
        levels = detector.backbone_maps(detector.normalize(images), training=training)
        maps = detector.neck_maps(levels, training=training)
        return [*levels, *maps], maps

    def compute_losses(self, images, targets, outputs, step) -> dict:
        """The student's own losses and `features`, `scores`, `boxes`, all with their weights."""
        height, width = images.shape[1:3]
        seen = ops.sigmoid(outputs["teacher"]["scores"])
        boxes = _decode(self.student, outputs, height, width)
        shown = ops.stop_gradient(self._decode_teacher(outputs["teacher"], height, width))
        sure = ops.where(seen >= LEAST_SCORE, seen, 0.0)
        faces = ops.sum(sure)
        scores = quality_focal(seen, ops.cast(outputs["scores"], "float32"))
        return {
            **super().compute_losses(images, targets, outputs, step),
            "scores": SCORE_WEIGHT * share_of_batch(ops.sum(scores), faces),
            "boxes": BOX_WEIGHT * share_of_batch(ops.sum(sure * iou_loss(boxes, shown)), faces),
        }


def have_same_points(student: Any, teacher: Any) -> bool:
    """Whether every point of one is a point of the other, so that scores and boxes compare."""
    return all(isinstance(each, PointDetector) for each in (student, teacher)) and [
        level.stride for level in student.anchor_levels
    ] == [level.stride for level in teacher.anchor_levels]


def _decode(detector: PointDetector, outputs, height: int, width: int):
    return detector.decode(outputs, grid_anchors(detector.anchor_levels, height, width))
