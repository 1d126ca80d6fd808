"""Learning from another detector's maps: its features, scores and boxes, with or without labels."""

from typing import Any

import keras
import numpy as np
from keras import ops

from tfface.anchors import grid_anchors
from tfface.detectors.point_detector import PointDetector
from tfface.detectors.train_step import TrainStep
from tfface.losses.iou import iou_loss
from tfface.losses.quality import quality_focal
from tfface.replicas import replica_count, share_of_batch, sum_over_replicas

LEAST_SCORE = 0.2
"""Boxes of the teacher with a lower score are not imitated."""

FACE_WEIGHT = 9.0
"""How much more the features of a point count where the teacher sees a face for sure."""

SCORE_WEIGHT, BOX_WEIGHT = 2.0, 2.0


class Imitator(TrainStep):
    """Trains a student to see what its teacher sees, point by point.

    The student's maps, those of its backbone and those that its heads read, learn the teacher's
    through 1x1 projections that are no part of it (FitNets, arXiv:1412.6550); its scores learn the
    teacher's by the quality focal loss, and its boxes the teacher's where they have a score. That
    is a signal for every point of any picture, so pictures without annotation serve too.

    Called, saved or exported, an imitator is its student; the teacher is in no checkpoint.

    Args:
        student: the detector to train.
        teacher: a trained detector with points of the same strides.
        label_weight: of the student's own losses; 0 to learn from the teacher alone.

    Raises:
        ValueError: detectors without points, or with other strides.
    """

    def __init__(
        self, student: PointDetector, teacher: PointDetector, label_weight: float = 0.0, **kwargs
    ):
        _check_same_points(student, teacher)
        super().__init__((*student.loss_names, "features", "scores", "boxes"), **kwargs)
        self.student = student
        self.label_weight = label_weight
        teacher.trainable = False
        channels = zip(_channels(student), _channels(teacher), strict=True)
        self.projections = [_projection(*pair) for pair in channels]
        # Inside a function Keras does not see the teacher, so that its variables are not saved.
        self._run_teacher = lambda images: _features_and_outputs(teacher, images, training=False)
        self._decode_teacher = lambda *arguments: _decode(teacher, *arguments)
        self.built = True  # as its student is: a state can be restored before the first step

    def call(self, images, training=None):
        """The student's outputs."""
        return self.student(images, training=training)

    def training_outputs(self, images, targets) -> dict:
        """The student's outputs and feature maps, and the teacher's."""
        features, outputs = _features_and_outputs(self.student, images, training=True)
        teacher_features, teacher_outputs = self._run_teacher(images)
        return {
            **outputs,
            "features": features,
            "teacher_features": teacher_features,
            "teacher": teacher_outputs,
        }

    def compute_losses(self, images, targets, outputs, step) -> dict:
        """The student's own losses and `features`, `scores`, `boxes`, all with their weights."""
        own = self.student.compute_losses(images, targets, outputs, step)
        height, width = images.shape[1:3]
        seen = ops.sigmoid(outputs["teacher"]["scores"])
        boxes = _decode(self.student, outputs, height, width)
        shown = ops.stop_gradient(self._decode_teacher(outputs["teacher"], height, width))
        sure = ops.where(seen >= LEAST_SCORE, seen, 0.0)
        faces = ops.sum(sure)
        scores = quality_focal(seen, ops.cast(outputs["scores"], "float32"))
        return {
            **{name: self.label_weight * loss for name, loss in own.items()},
            "features": self._feature_loss(outputs, seen),
            "scores": SCORE_WEIGHT * share_of_batch(ops.sum(scores), faces),
            "boxes": BOX_WEIGHT * share_of_batch(ops.sum(sure * iou_loss(boxes, shown)), faces),
        }

    def _feature_loss(self, outputs, seen):
        """Squared differences in units of the teacher's mean square, faces weighted."""
        total, first, replicas = 0.0, 0, replica_count()
        seen = ops.concatenate([seen, seen], axis=1)  # for the backbone and for the heads
        pairs = zip(self.projections, outputs["features"], outputs["teacher_features"], strict=True)
        for projection, own, given in pairs:
            given = ops.cast(given, "float32")
            points = given.shape[1] * given.shape[2]
            weights = 1.0 + FACE_WEIGHT * seen[:, first : first + points]
            error = ops.mean(ops.square(projection(own) - given), axis=-1)
            size = sum_over_replicas(ops.mean(ops.square(given))) / replicas
            error = ops.reshape(error, (-1, points)) / (size + 1e-6)
            total, first = total + ops.mean(weights * error) / replicas, first + points
        return total

    def save(self, filepath, **kwargs):
        """Saves the student."""
        return self.student.save(filepath, **kwargs)

    def export(self, filepath, **kwargs):
        """Exports the student."""
        return self.student.export(filepath, **kwargs)


def _features_and_outputs(detector: PointDetector, images, training: bool) -> tuple[list, dict]:
    """Its maps, fine to coarse of the backbone, then of what the heads read; its outputs."""
    levels = detector.backbone_maps(detector.normalize(images), training=training)
    maps = detector.neck_maps(levels, training=training)
    return [*levels, *maps], detector.join(detector.predict_points(maps))


def _decode(detector: PointDetector, outputs, height: int, width: int):
    return detector.decode(outputs, grid_anchors(detector.anchor_levels, height, width))


def _channels(detector: PointDetector) -> list[int]:
    """Of every map of `_features_and_outputs`."""
    side = 2 * detector.stride_multiple
    features, _ = _features_and_outputs(detector, ops.zeros((1, side, side, 3)), training=False)
    return [level.shape[-1] for level in features]


def _projection(inputs: int, outputs: int) -> keras.layers.Layer:
    """A 1x1 convolution that changes nothing at first: a student may begin as its teacher."""
    projection = keras.layers.Conv2D(outputs, 1, dtype="float32")
    projection.build((None, None, None, inputs))
    projection.kernel.assign(np.eye(inputs, outputs, dtype=np.float32)[None, None])
    return projection


def _check_same_points(student: Any, teacher: Any) -> None:
    strides = []
    for role, detector in (("student", student), ("teacher", teacher)):
        if not isinstance(detector, PointDetector):
            raise ValueError(
                f"expected a {role} with points, such as PlainFace or YuNet, whose maps can be "
                f"compared, got {type(detector).__name__}; --distillation=threshold has anchors"
            )
        strides.append([level.stride for level in detector.anchor_levels])
    if strides[0] != strides[1]:
        raise ValueError(
            f"expected a teacher with the strides {strides[0]} of its student, got {strides[1]}"
        )
