"""A student, its teacher, and the step that trains the one from the other."""

import itertools
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from tfface.detectors.anchor_detector import AnchorRecipe
from tfface.detectors.faceboxes import FaceBoxes, FaceBoxesImproved
from tfface.distiller import Distiller
from tfface.losses.distillation import threshold_distillation_loss

SIZE = 128
UNDER_JAX = keras.backend.backend() == "jax"


def detector(seed: int, width: float = 0.5) -> FaceBoxesImproved:
    keras.utils.set_random_seed(seed)
    return FaceBoxesImproved(width=width)


@pytest.fixture(scope="module")
def batch() -> tuple:
    """Two noisy pictures and targets that say: the first 20 anchors are faces."""
    images = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE, 3)).astype(np.uint8)
    anchors = detector(0)(images)["scores"].shape[1]
    labels = np.zeros((2, anchors), np.int32)
    labels[:, :20] = 1
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
def test_the_student_comes_closer_and_the_teacher_stays(batch, jit_compile: bool) -> None:
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


def test_the_losses_of_the_labels_are_those_of_the_student(batch) -> None:
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


def test_the_teacher_says_in_inference_mode_how_sure_it_is(batch) -> None:
    student, teacher = detector(1), detector(2)
    distiller = Distiller(student, teacher)

    outputs = distiller.training_outputs(*batch)

    assert set(outputs) == {"logits", "scores", "offsets", "teacher_scores"}
    np.testing.assert_allclose(outputs["teacher_scores"], teacher(batch[0])["scores"], atol=1e-5)
    # Called, it is its student.
    np.testing.assert_allclose(
        distiller(batch[0])["scores"], student(batch[0])["scores"], atol=1e-5
    )


def test_its_own_teacher_teaches_nothing(batch) -> None:
    student = detector(1)
    distiller = Distiller(student, student)
    images, targets = batch
    outputs = student(images, training=True)
    outputs = {**outputs, "teacher_scores": outputs["scores"]}

    assert float(distiller.compute_losses(images, targets, outputs, 0)["distillation"]) == 0.0
    assert float(distiller.measure(targets, outputs)["selected"]) == 0.0


def test_the_annealing_of_the_student_sees_the_step(batch) -> None:
    images, targets = batch
    distiller = Distiller(detector(1), detector(2))
    distiller.student.recipe = AnchorRecipe(mining_steps=10)
    outputs = distiller.training_outputs(images, targets)
    first, last = (
        float(distiller.compute_losses(images, targets, outputs, step)["classification"])
        for step in (0, 10)
    )
    # 200 negatives a face, then 3.
    assert first > last


@pytest.mark.skipif(UNDER_JAX, reason="a strategy of TensorFlow")
def test_it_trains_on_several_devices_in_mixed_precision(batch) -> None:
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


def test_a_teacher_with_other_anchors_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"got levels 32: 32x4 64x2 128, 64: 256, .* student with 8: 8 12 16 24,"
    ):
        Distiller(detector(1), FaceBoxes(width=0.5))


def test_what_is_saved_is_the_student(tmp_path: Path) -> None:
    student = detector(1)
    distiller = compiled(Distiller(student, detector(2)))
    distiller.save(tmp_path / "distilled.keras")
    student.save(tmp_path / "student.keras")

    restored = keras.models.load_model(tmp_path / "distilled.keras", compile=False)
    assert isinstance(restored, FaceBoxesImproved)
    for weight, expected in zip(restored.get_weights(), student.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)
    sizes = [(tmp_path / f"{name}.keras").stat().st_size for name in ("distilled", "student")]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.01)


def test_a_state_has_the_student_and_the_optimiser_alone(tmp_path: Path) -> None:
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
