"""Threshold-based distillation: which scores count, and how much."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from tfface.losses.distillation import (
    informative_scores,
    score_threshold,
    threshold_distillation_loss,
    threshold_scale,
)


def numpy_loss(teacher, student, beta=6.4, gamma=3.2, alpha=None) -> float:
    """Equations 1 to 4, score by score; the areas by the trapezoidal rule."""
    if alpha is None:
        p = np.linspace(0.0, 1.0, 200_001)
        alpha = np.trapezoid(np.abs(p - 0.5) ** gamma, p) / np.trapezoid(np.abs(p - 0.5) ** beta, p)
    squares = [
        (p - q) ** 2
        for p, q in zip(np.float64(teacher).flat, np.float64(student).flat, strict=True)
        if abs(p - q) > alpha * abs(p - 0.5) ** beta
    ]
    return float(np.mean(squares)) if squares else 0.0


def loss(teacher, student, **settings) -> float:
    return float(threshold_distillation_loss(np.array(teacher), np.array(student), **settings))


def gradient(teacher, student, **settings):
    """The gradient of the loss for teacher and student, as NumPy arrays (zeros where none)."""
    arrays = [np.asarray(teacher, np.float32), np.asarray(student, np.float32)]
    if keras.backend.backend() == "jax":
        import jax

        gradients = jax.grad(
            lambda p, q: threshold_distillation_loss(p, q, **settings), argnums=(0, 1)
        )(*arrays)
        return [np.asarray(array) for array in gradients]
    import tensorflow as tf

    variables = [tf.Variable(array) for array in arrays]
    with tf.GradientTape() as tape:
        value = threshold_distillation_loss(*variables, **settings)
    gradients = tape.gradient(value, variables, unconnected_gradients="zero")
    return [array.numpy() for array in gradients]


def random_scores(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores as detectors have them: most near 0, some anywhere; the student a little off."""
    generator = np.random.default_rng(seed)
    teacher = np.concatenate([generator.beta(0.1, 5, 300), generator.uniform(0, 1, 60)])
    student = np.clip(teacher + generator.normal(0, 0.2, 360), 0, 1)
    return teacher.astype(np.float32), student.astype(np.float32)


# Table 2 of the paper, its row "Scale" at gamma 3.2, by beta.
TABLE_2 = {
    2.0: 0.31,
    2.4: 0.46,
    2.8: 0.69,
    3.2: 1.00,
    3.6: 1.45,
    4.0: 2.07,
    4.4: 2.95,
    4.8: 4.19,
    5.2: 5.90,
    5.6: 8.29,
    6.0: 11.6,
    6.4: 16.2,
    6.8: 22.5,
}


@pytest.mark.parametrize(("beta", "scale"), TABLE_2.items())
def test_the_scale_is_that_of_the_paper(beta: float, scale: float) -> None:
    # As many digits as the table has.
    assert threshold_scale(beta, 3.2) == pytest.approx(scale, abs=0.05 if scale > 10 else 0.005)


def test_the_example_of_section_2_2() -> None:
    assert threshold_scale(4.0, 2.0) == pytest.approx(6.67, abs=0.005)


@given(st.floats(0.0, 8.0), st.floats(0.0, 8.0))
def test_the_area_under_the_threshold_is_that_of_gamma(beta: float, gamma: float) -> None:
    # The middle of 20,000 strips; A(1, gamma) = 0.5 ** gamma / (gamma + 1).
    middles = ((np.arange(20_000) + 0.5) / 20_000).astype(np.float32)
    area = float(np.mean(ops.convert_to_numpy(score_threshold(middles, beta, gamma))))
    assert area == pytest.approx(0.5**gamma / (gamma + 1), rel=1e-3)


def test_a_pair_by_hand() -> None:
    # beta 2, alpha 1: thresholds |0.9 - 0.5| ** 2 = 0.16 and 0.01, differences 0.1 and 0.2.
    # The second alone is selected.
    assert loss([0.9, 0.6], [0.8, 0.4], beta=2, alpha=1) == pytest.approx(0.04)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="adaptive"),
        pytest.param({"beta": 2.0}, id="flat"),
        pytest.param({"beta": 0.0, "alpha": 0.1}, id="constant"),
        pytest.param({"beta": 0.0, "alpha": 0.0}, id="mimic all"),
    ],
)
def test_the_loss_is_that_of_numpy(settings: dict) -> None:
    teacher, student = random_scores()
    assert loss(teacher, student, **settings) == pytest.approx(
        numpy_loss(teacher, student, **settings), rel=1e-5
    )


def test_every_score_is_selected_by_a_threshold_of_zero() -> None:
    teacher, student = random_scores()
    student = np.where(student == teacher, student + 0.01, student)
    assert np.all(ops.convert_to_numpy(informative_scores(teacher, student, beta=0, alpha=0)))
    expected = np.mean(np.square(np.float64(teacher) - student))
    assert loss(teacher, student, beta=0, alpha=0) == pytest.approx(expected, rel=1e-5)


def test_nothing_is_selected_where_both_agree() -> None:
    teacher, _ = random_scores()
    assert loss(teacher, teacher) == 0.0
    for array in gradient(teacher, teacher):
        np.testing.assert_array_equal(array, np.zeros_like(teacher))


def test_a_score_of_one_half_has_no_threshold() -> None:
    assert float(score_threshold(np.array([0.5]))[0]) == 0.0
    assert loss([0.5], [0.501]) == pytest.approx(1e-6, rel=1e-3)
    # A constant threshold is the same there as elsewhere.
    assert loss([0.5], [0.55], beta=0, alpha=0.1) == 0.0
    assert loss([0.5], [0.65], beta=0, alpha=0.1) == pytest.approx(0.0225)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_computed_in_float32(dtype: str) -> None:
    teacher, student = (ops.cast(scores, dtype) for scores in random_scores())
    value = threshold_distillation_loss(teacher, student)
    assert keras.backend.standardize_dtype(value.dtype) == "float32"
    rounded = [ops.convert_to_numpy(ops.cast(scores, "float32")) for scores in (teacher, student)]
    assert float(value) == pytest.approx(numpy_loss(*rounded), rel=1e-4)


@pytest.mark.parametrize("settings", [{}, {"beta": 0.0, "alpha": 0.1}, {"beta": 0.0, "alpha": 0.0}])
def test_the_gradient_is_that_of_finite_differences(settings: dict) -> None:
    teacher, student = random_scores(seed=1)
    teacher_gradient, student_gradient = gradient(teacher, student, **settings)

    np.testing.assert_array_equal(teacher_gradient, np.zeros_like(teacher))
    selected = ops.convert_to_numpy(informative_scores(teacher, student, **settings))
    assert np.all(student_gradient[~selected] == 0.0)
    scale = settings.get("alpha", threshold_scale(6.4, 3.2))
    threshold = scale * np.abs(np.float64(teacher) - 0.5) ** settings.get("beta", 6.4)
    step = 1e-4
    for index in range(0, len(teacher), 7):
        if abs(abs(teacher[index] - student[index]) - threshold[index]) < 10 * step:
            continue  # the loss jumps there
        values = []
        for sign in (1, -1):
            moved = student.astype(np.float64)
            moved[index] += sign * step
            values.append(numpy_loss(teacher, moved, **settings))
        expected = (values[0] - values[1]) / (2 * step)
        assert student_gradient[index] == pytest.approx(expected, rel=1e-3, abs=1e-7)
