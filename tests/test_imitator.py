"""tfface.imitator: a student sees what its teacher sees."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from tfface.detectors.loading import load_detector
from tfface.detectors.plain import PlainFace
from tfface.detectors.yunet import YuNet
from tfface.imitator import Imitator
from tfface.matching import FACE


def small(filters: int = 8) -> PlainFace:
    return PlainFace(stem=8, stem_blocks=0, channels=(8, 8, 8), blocks=(1, 1, 1), filters=filters)


@pytest.fixture(scope="module")
def batch() -> tuple:
    images = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    targets = small().make_targets(64, 64)(
        np.array([[10, 10, 40, 44]], np.float32),
        np.array([FACE], np.int32),
        np.array([], np.float32),
    )
    return images, {name: np.stack([ops.convert_to_numpy(t)] * 2) for name, t in targets.items()}


def test_a_student_that_is_its_teacher_has_nothing_to_learn(batch) -> None:
    keras.utils.set_random_seed(0)
    student, teacher = small(), small()
    student.trainable = False  # batch normalisation as in inference
    teacher.set_weights(student.get_weights())
    imitator = Imitator(student, teacher)

    images, targets = batch
    # Nearly black: an untrained network that normalises nothing has boxes of all sizes else.
    images = images % 2
    outputs = imitator.training_outputs(images, targets)
    losses = imitator.compute_losses(images, targets, outputs, 0)

    assert set(losses) == {"classification", "regression", "features", "scores", "boxes"}
    for name, loss in losses.items():
        assert float(loss) == pytest.approx(0, abs=1e-5), name


def test_it_learns_from_its_teacher_without_labels(batch) -> None:
    keras.utils.set_random_seed(0)
    imitator = Imitator(small(), YuNet(channels=(8, 8, 8, 8, 8)))
    imitator.compile(optimizer=keras.optimizers.Adam(0.01), jit_compile=False)
    batches = (batch for _ in range(30))

    curves = imitator.fit(batches, steps_per_epoch=1, epochs=30, shuffle=False, verbose=0).history

    assert curves["features"][-1] < 0.7 * curves["features"][0]
    assert curves["regression"][-1] == 0


def test_labels_count_by_their_weight(batch) -> None:
    keras.utils.set_random_seed(0)
    student, teacher = small(), small(16)
    imitator = Imitator(student, teacher, label_weight=0.5)
    images, targets = batch
    outputs = imitator.training_outputs(images, targets)

    losses = imitator.compute_losses(images, targets, outputs, 0)
    own = student.compute_losses(images, targets, outputs, 0)

    for name, loss in own.items():
        assert float(losses[name]) == pytest.approx(0.5 * float(loss), rel=1e-5)


def test_what_is_saved_is_the_student(tmp_path: Path, batch) -> None:
    imitator = Imitator(small(), small(16))
    imitator.save(tmp_path / "student.keras")
    loaded = load_detector(tmp_path / "student.keras")

    np.testing.assert_allclose(loaded(batch[0])["scores"], imitator(batch[0])["scores"], atol=1e-5)
    # Of its own it has a projection, with kernel and bias, of the backbone's and heads' three maps.
    own = {variable.path for variable in imitator.trainable_variables}
    assert len(own) == len(imitator.student.trainable_variables) + 2 * 6


def test_anchors_are_no_points(TinyDetector) -> None:
    with pytest.raises(ValueError, match="points of the same strides.*PlainFace and TinyDetector"):
        Imitator(small(), TinyDetector())
