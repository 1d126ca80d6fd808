"""Learning from the feature maps of another detector, beside the labels."""

from typing import Any

import keras
import numpy as np
from keras import ops

from tfface.detectors.anchor_detector import AnchorDetector
from tfface.detectors.point_detector import PointDetector
from tfface.replicas import replica_count, sum_over_replicas
from tfface.taught import TaughtDetector

FACE_WEIGHT = 9.0
"""How much more the features of a cell count where the teacher sees a face for sure."""

MapDetector = AnchorDetector | PointDetector


class FeatureImitator(TaughtDetector):
    """Trains a student by its labels, and to give its teacher's feature maps.

    Of every stride that both have, the map that the heads of the student read learns that of the
    teacher through a 1x1 projection that is no part of it (FitNets, arXiv:1412.6550). Anchors and
    heads may differ.

    Args:
        student: the detector to train.
        teacher: a trained detector.
        label_weight: of the student's own losses.

    Raises:
        ValueError: a detector whose heads do not read one map a stride, or no stride in common.
    """

    imitated: tuple[str, ...] = ("features",)
    """Names of the losses that the teacher gives."""

    def __init__(self, student: Any, teacher: Any, label_weight: float = 1.0, **kwargs):
        self.check(student, teacher, label_weight)
        super().__init__(student, teacher, self.imitated, **kwargs)
        self.label_weight = label_weight
        self.strides = sorted({*_strides(student)} & {*_strides(teacher)})
        channels = zip(self._channels(student), self._channels(teacher), strict=True)
        self.projections = [_projection(*pair) for pair in channels]
        # Inside a function Keras does not see the teacher, so that its variables are not saved.
        self._run_teacher = lambda images: self._see(teacher, images)

    def check(self, student: Any, teacher: Any, label_weight: float) -> None:
        """Raises ValueError where the student cannot learn from the teacher."""
        for role, detector in (("student", student), ("teacher", teacher)):
            if not detector.learns_from_maps:
                raise ValueError(
                    f"expected a {role} whose heads read one map a stride, such as "
                    f"FaceBoxesImproved or YuNet, got {type(detector).__name__}"
                )
        if not {*_strides(student)} & {*_strides(teacher)}:
            raise ValueError(
                f"expected a teacher with one of the strides {_strides(student)} of its student, "
                f"got {_strides(teacher)}"
            )
        if label_weight <= 0:
            raise ValueError(
                f"expected a label_weight above 0, got {label_weight}: the heads of "
                f"{type(student).__name__} have not the points of {type(teacher).__name__}, so "
                "that labels alone can teach them; give --label_weight=1"
            )

    def imitated_maps(self, detector: Any, images, training: bool) -> tuple[list, list]:
        """The maps of the strides in common that are compared; all that the heads read."""
        maps = detector.feature_maps(detector.normalize(images), training=training)
        return self._of_common_strides(detector, maps), maps

    def training_outputs(self, images, targets) -> dict:
        """The student's outputs and feature maps, and the teacher's."""
        features, maps = self.imitated_maps(self.student, images, training=True)
        outputs = self.student.outputs_of(maps, targets)
        return {**outputs, "features": features, "teacher": self._run_teacher(images)}

    def compute_losses(self, images, targets, outputs, step) -> dict:
        """The student's own losses by their weight, and `features`."""
        own = self.student.compute_losses(images, targets, outputs, step)
        return {
            **{name: self.label_weight * loss for name, loss in own.items()},
            "features": self._feature_loss(outputs["features"], outputs["teacher"]),
        }

    def _see(self, teacher: MapDetector, images) -> dict:
        """Outputs of the teacher, its `features`, and of each how sure it is of a face, `seen`."""
        features, maps = self.imitated_maps(teacher, images, training=False)
        outputs = teacher.training_predictions(maps)
        seen = self._of_common_strides(teacher, _faces_by_cell(teacher, outputs["scores"], maps))
        groups = len(features) // len(seen)
        return {**outputs, "features": features, "seen": seen * groups}

    def _feature_loss(self, features: list, teacher: dict):
        """Squared differences in units of the teacher's mean square, faces weighted."""
        total, replicas = 0.0, replica_count()
        pairs = zip(self.projections, features, teacher["features"], teacher["seen"], strict=True)
        for projection, own, given, seen in pairs:
            given = ops.cast(given, "float32")
            error = ops.mean(ops.square(projection(own) - given), axis=-1)
            size = sum_over_replicas(ops.mean(ops.square(given))) / replicas
            error = ops.reshape(error, ops.shape(seen)) / (size + 1e-6)
            total = total + ops.mean((1.0 + FACE_WEIGHT * seen) * error) / replicas
        return total

    def _of_common_strides(self, detector: MapDetector, maps: list) -> list:
        pairs = zip(_strides(detector), maps, strict=True)
        return [each for stride, each in pairs if stride in self.strides]

    def _channels(self, detector: MapDetector) -> list[int]:
        side = max(256, 2 * detector.stride_multiple)
        features, _ = self.imitated_maps(detector, ops.zeros((1, side, side, 3)), training=False)
        return [each.shape[-1] for each in features]


def _strides(detector: MapDetector) -> list[int]:
    return [level.stride for level in detector.anchor_levels]


def _faces_by_cell(detector: MapDetector, scores, maps: list) -> list:
    """The highest probability of the anchors of every cell, `(B, cells)` a level."""
    found, first = [], 0
    for level, features in zip(detector.anchor_levels, maps, strict=True):
        cells, anchors = features.shape[1] * features.shape[2], level.anchors_per_cell
        of_level = scores[:, first : first + cells * anchors]
        first += cells * anchors
        found.append(ops.sigmoid(ops.max(ops.reshape(of_level, (-1, cells, anchors)), axis=-1)))
    return found


def _projection(inputs: int, outputs: int) -> keras.layers.Layer:
    """A 1x1 convolution that changes nothing at first: a student may begin as its teacher."""
    projection = keras.layers.Conv2D(outputs, 1, dtype="float32")
    projection.build((None, None, None, inputs))
    projection.kernel.assign(np.eye(inputs, outputs, dtype=np.float32)[None, None])
    return projection
