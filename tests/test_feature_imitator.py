"""tfface.feature_imitator: any student beside its labels gives the maps of any teacher."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from tfface.anchors import AnchorLevel
from tfface.detectors.anchor_detector import AnchorDetector
from tfface.detectors.faceboxes import FaceBoxesImproved
from tfface.detectors.loading import load_detector
from tfface.detectors.refineface import RefineFace
from tfface.detectors.yunet import YuNet
from tfface.feature_imitator import FACE_WEIGHT, FeatureImitator
from tfface.matching import FACE


class TwoLevels(AnchorDetector):
    """Two maps of a convolution each, and two anchors a cell on the first."""

    def __init__(self, strides=(32, 64), **kwargs):
        fine, coarse = strides
        super().__init__([AnchorLevel(fine, (16, 32)), AnchorLevel(coarse, (64,))], **kwargs)
        self.convolutions = [keras.layers.Conv2D(4, stride, strides=stride) for stride in strides]
        self.build_symbolically()

    def feature_maps(self, pixels, training=None):
        return [convolution(pixels) for convolution in self.convolutions]


@pytest.fixture(scope="module")
def fbi() -> FaceBoxesImproved:
    keras.utils.set_random_seed(0)
    return FaceBoxesImproved(width=0.5)


@pytest.fixture(scope="module")
def yunet() -> YuNet:
    return YuNet(channels=(8, 8, 8, 8, 8))


def batch_for(detector) -> tuple:
    images = np.random.default_rng(0).integers(0, 256, (2, 128, 128, 3), dtype=np.uint8)
    targets = detector.make_targets(128, 128)(
        np.array([[10, 10, 40, 44]], np.float32),
        np.array([FACE], np.int32),
        np.array([], np.float32),
    )
    return images, {name: np.stack([ops.convert_to_numpy(t)] * 2) for name, t in targets.items()}


def test_maps_of_the_strides_that_both_have_are_compared(fbi, yunet) -> None:
    # FBI has strides 8 to 128, YuNet 8 to 32.
    imitator = FeatureImitator(fbi, yunet)
    images, targets = batch_for(fbi)
    outputs = imitator.training_outputs(images, targets)

    assert [each.shape[1:] for each in outputs["features"]] == [
        (16, 16, 16),
        (8, 8, 16),
        (4, 4, 16),
    ]
    assert [each.shape[1:] for each in outputs["teacher"]["features"]] == [
        (16, 16, 8),
        (8, 8, 8),
        (4, 4, 8),
    ]


def test_the_loss_is_that_of_equal_numbers_of_maps(yunet) -> None:
    student, teacher = TwoLevels(), TwoLevels()
    imitator = FeatureImitator(student, teacher, label_weight=0.5)
    images, targets = batch_for(student)
    outputs = imitator.training_outputs(images, targets)

    losses = imitator.compute_losses(images, targets, outputs, 0)

    # Naively: 16 cells of two anchors, then 4 of one; a cell counts as its surest anchor says.
    scores = ops.convert_to_numpy(teacher(images, training=False)["scores"])
    expected = 0.0
    for level, (first, cells, anchors) in enumerate([(0, 16, 2), (32, 4, 1)]):
        own, given = (
            ops.convert_to_numpy(d.feature_maps(d.normalize(images))[level])
            for d in (student, teacher)
        )
        errors = np.mean((own - given) ** 2, axis=-1).reshape(2, cells) / np.mean(given**2)
        for picture in range(2):
            for cell in range(cells):
                start = first + cell * anchors
                surest = 1 / (1 + np.exp(-max(scores[picture, start : start + anchors])))
                expected += (1 + FACE_WEIGHT * surest) * errors[picture, cell] / (2 * cells)
    assert float(losses["features"]) == pytest.approx(expected, rel=1e-4)
    own_losses = student.compute_losses(images, targets, outputs, 0)
    for name, loss in own_losses.items():
        assert float(losses[name]) == pytest.approx(0.5 * float(loss), rel=1e-5)


def test_a_student_that_is_its_teacher_has_nothing_to_imitate(fbi) -> None:
    images, targets = batch_for(fbi)
    fbi.trainable = False  # batch normalisation as in inference
    imitator = FeatureImitator(fbi, fbi)
    outputs = imitator.training_outputs(images, targets)

    assert float(imitator.compute_losses(images, targets, outputs, 0)["features"]) == 0
    fbi.trainable = True


def test_it_learns_labels_and_maps_in_one_step(TinyDetector, yunet) -> None:
    keras.utils.set_random_seed(0)
    imitator = FeatureImitator(TinyDetector(), yunet)
    imitator.compile(optimizer=keras.optimizers.Adam(0.01), jit_compile=False)
    batch = batch_for(imitator.student)
    batches = (batch for _ in range(20))

    curves = imitator.fit(batches, steps_per_epoch=1, epochs=20, shuffle=False, verbose=0).history

    assert curves["features"][-1] < 0.7 * curves["features"][0]
    assert curves["classification"][-1] < curves["classification"][0]


def test_what_is_saved_is_the_student(fbi, yunet, tmp_path: Path) -> None:
    imitator = FeatureImitator(fbi, yunet)
    imitator.save(tmp_path / "student.keras")
    images, _ = batch_for(fbi)
    loaded = load_detector(tmp_path / "student.keras")

    np.testing.assert_allclose(loaded(images)["scores"], imitator(images)["scores"], atol=1e-5)
    # Of its own it has a projection, with kernel and bias, for every stride in common.
    own = {variable.path for variable in imitator.trainable_variables}
    assert len(own) == len(fbi.trainable_variables) + 2 * 3


def test_a_teacher_without_a_stride_in_common_is_refused(yunet) -> None:
    with pytest.raises(ValueError, match=r"one of the strides \[64, 128\] .*, got \[8, 16, 32\]"):
        FeatureImitator(TwoLevels(strides=(64, 128)), yunet)


def test_heads_that_only_labels_teach_must_have_them(fbi, yunet) -> None:
    with pytest.raises(ValueError, match="label_weight above 0, got 0"):
        FeatureImitator(fbi, yunet, label_weight=0)


def test_a_detector_of_two_steps_is_refused(yunet) -> None:
    student = RefineFace(backbone="resnet18", width=0.125, filters=8)
    with pytest.raises(ValueError, match="a student whose heads read one map a stride.*RefineFace"):
        FeatureImitator(student, yunet)
