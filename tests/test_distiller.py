"""A student, its teacher, and the step that trains the one from the other."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from tfface.anchors import grid_anchors
from tfface.detectors.anchor_detector import AnchorRecipe
from tfface.detectors.base import Detector
from tfface.distiller import Distiller
from tfface.losses.distillation import threshold_distillation_loss

SIZE = 128
UNDER_JAX = keras.backend.backend() == "jax"


@pytest.fixture(scope="module")
def detector(TinyDetector) -> Callable[..., Detector]:
    """`detector(seed)`: with random weights."""

    def make(seed: int, **config: Any) -> Detector:
        keras.utils.set_random_seed(seed)
        return TinyDetector(**config)

    return make


@pytest.fixture(scope="module")
def batch(detector) -> tuple:
    """Two noisy pictures and targets that say: the first 4 of 144 anchors are faces."""
    images = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE, 3)).astype(np.uint8)
    anchors = len(grid_anchors(detector(0).anchor_levels, SIZE, SIZE))
    labels = np.zeros((2, anchors), np.int32)
    labels[:, :4] = 1
    return images, {"labels": labels, "offsets": np.zeros((2, anchors, 4), np.float32)}


def compiled(distiller: keras.Model, jit_compile: bool = UNDER_JAX) -> keras.Model:
    distiller.compile(
        optimizer=keras.optimizers.SGD(1e-3, momentum=0.9, global_clipnorm=10.0),
        jit_compile=jit_compile,
    )
    return distiller


def fit(model: keras.Model, batch: tuple, steps: int) -> dict[str, list[float]]:
    batches = (batch for _ in itertools.count())
    options = {"steps_per_epoch": 1, "epochs": steps, "shuffle": False, "verbose": 0}
    return model.fit(batches, **options).history


def values(variables) -> list[np.ndarray]:
    return [ops.convert_to_numpy(variable).copy() for variable in variables]


# Without compilation JAX takes a minute for a step.
@pytest.mark.parametrize("jit_compile", [True] if UNDER_JAX else [False, True])
def test_the_student_comes_closer_and_the_teacher_stays(batch, detector, jit_compile: bool) -> None:
    student, teacher = detector(1), detector(2)
    before, teacher_before = values(student.variables), values(teacher.variables)

    history = fit(compiled(Distiller(student, teacher), jit_compile), batch, steps=4)

    assert history["distillation"][-1] < history["distillation"][0]
    parts = ("classification", "regression", "distillation")
    total = np.sum([history[name] for name in parts], axis=0)
    np.testing.assert_allclose(history["loss"], total, rtol=1e-4)
    assert all(0.0 <= share <= 1.0 for share in history["selected"])
    for variable, old in zip(teacher.variables, teacher_before, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(variable), old)
    changed = [
        np.any(ops.convert_to_numpy(variable) != old)
        for variable, old in zip(student.variables, before, strict=True)
    ]
    assert all(changed)


def test_the_losses_of_the_labels_are_those_of_the_student(batch, detector) -> None:
    images, targets = batch
    student, teacher = detector(1), detector(2)
    outputs = Distiller(student, teacher).training_outputs(images, targets)

    expected = student.compute_losses(images, targets, outputs)
    for weight in (0.0, 50.0, 100.0):
        losses = Distiller(student, teacher, weight).compute_losses(images, targets, outputs, 0)
        distillation = float(losses.pop("distillation"))
        assert losses == expected
        assert distillation == pytest.approx(weight / 50.0 * _distillation(outputs))


def _distillation(outputs) -> float:
    """50 times the loss between the scores of the outputs."""
    teacher, student = (ops.sigmoid(outputs[name]) for name in ("teacher_scores", "scores"))
    return 50.0 * float(threshold_distillation_loss(teacher, student))


def test_the_teacher_says_in_inference_mode_how_sure_it_is(batch, detector) -> None:
    student, teacher = detector(1), detector(2)
    distiller = Distiller(student, teacher)

    outputs = distiller.training_outputs(*batch)

    assert set(outputs) == {"logits", "scores", "offsets", "teacher_scores"}
    np.testing.assert_allclose(outputs["teacher_scores"], teacher(batch[0])["scores"], atol=1e-5)
    # Called, it is its student.
    np.testing.assert_allclose(
        distiller(batch[0])["scores"], student(batch[0])["scores"], atol=1e-5
    )


def test_its_own_teacher_teaches_nothing(batch, detector) -> None:
    # In inference mode, so that batch normalisation is the same for both.
    student = detector(1)
    distiller = Distiller(student, student)
    images, targets = batch
    outputs = student(images, training=True)
    outputs = {**outputs, "teacher_scores": outputs["scores"]}

    assert float(distiller.compute_losses(images, targets, outputs, 0)["distillation"]) == 0.0
    assert float(distiller.measure(targets, outputs)["selected"]) == 0.0


def test_the_annealing_of_the_student_sees_the_step(batch, detector) -> None:
    images, targets = batch
    distiller = Distiller(detector(1), detector(2))
    distiller.student.recipe = AnchorRecipe(mining_steps=10)
    outputs = distiller.training_outputs(images, targets)
    first, last = (
        float(distiller.compute_losses(images, targets, outputs, step)["classification"])
        for step in (0, 10)
    )
    # 200 negatives a face, so all that there may be (a quarter of all anchors), then 3.
    assert first > last


@pytest.mark.skipif(UNDER_JAX, reason="a strategy of TensorFlow")
def test_it_trains_on_several_devices_in_mixed_precision(batch, detector) -> None:
    import tensorflow as tf

    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
            student = detector(1)
            distiller = compiled(Distiller(student, detector(2)))
        before = values(student.trainable_variables)
        data = tf.data.Dataset.from_tensors(batch).repeat()
        options = {"steps_per_epoch": 1, "epochs": 2, "shuffle": False, "verbose": 0}
        history = distiller.fit(data, **options).history
    finally:
        keras.mixed_precision.set_global_policy("float32")

    assert np.all(np.isfinite(history["loss"]))
    for variable, old in zip(student.trainable_variables, before, strict=True):
        assert np.any(ops.convert_to_numpy(variable) != old), variable.path


def test_a_teacher_with_other_anchors_is_refused(detector) -> None:
    with pytest.raises(
        ValueError, match="got levels 16: 8 16, 32: 64 for a student with 16: 16 32, 32: 64"
    ):
        Distiller(detector(1), detector(2, scales=(8, 16)))


def test_what_is_saved_is_the_student(detector, tmp_path: Path) -> None:
    student = detector(1)
    distiller = compiled(Distiller(student, detector(2)))
    distiller.save(tmp_path / "distilled.keras")
    student.save(tmp_path / "student.keras")

    restored = keras.models.load_model(tmp_path / "distilled.keras", compile=False)
    assert type(restored) is type(student)
    for weight, expected in zip(restored.get_weights(), student.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)
    sizes = [(tmp_path / f"{name}.keras").stat().st_size for name in ("distilled", "student")]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.01)


def test_a_state_has_the_student_and_the_optimiser_alone(detector, tmp_path: Path) -> None:
    import h5py

    distiller = compiled(Distiller(detector(1), detector(2)))
    distiller.optimizer.build(distiller.trainable_variables)
    distiller.save_weights(tmp_path / "state.weights.h5")

    with h5py.File(tmp_path / "state.weights.h5") as file:
        saved: list[int] = []
        file.visititems(
            lambda name, item: saved.append(item.size) if isinstance(item, h5py.Dataset) else None
        )
    variables = [*distiller.student.variables, *distiller.optimizer.variables]
    assert sum(saved) <= sum(int(np.prod(variable.shape)) for variable in variables) + 100
