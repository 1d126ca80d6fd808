"""Threshold-based knowledge distillation of classification maps (kd_fbi, section 2.2)."""

from keras import ops

from tfface.replicas import share_of_batch


def threshold_scale(beta: float, gamma: float) -> float:
    """The scale of the threshold function, `A(1, gamma) / A(1, beta)` (kd_fbi, equation 4).

    `A(1, b)` is the area under `|p - 0.5| ** b` between 0 and 1, which is `0.5 ** b / (b + 1)`.
    With this scale the area under the threshold is `A(1, gamma)`, whatever beta.
    """
    return 2.0 ** (beta - gamma) * (beta + 1.0) / (gamma + 1.0)


def score_threshold(teacher_scores, beta: float = 6.4, gamma: float = 3.2, alpha=None):
    """How far a student may be from its teacher before it learns from it (equations 2 and 4).

    `alpha * |p - 0.5| ** beta`: low where the teacher's score p says something that the label does
    not.

    Args:
        teacher_scores: float array of any shape, probabilities.
        beta: shape of the function; 0 for the same threshold everywhere.
        gamma: chooses the scale, by `threshold_scale`.
        alpha: the scale itself, instead of gamma. 0 mimics every score.

    Returns:
        float32, the shape of `teacher_scores`.
    """
    scale = threshold_scale(beta, gamma) if alpha is None else alpha
    return scale * ops.power(ops.abs(ops.cast(teacher_scores, "float32") - 0.5), beta)


def informative_scores(
    teacher_scores, student_scores, beta: float = 6.4, gamma: float = 3.2, alpha=None
):
    """The set S of equation 3: where `|p - q|` exceeds the threshold of the teacher's score p.

    Args:
        teacher_scores, student_scores: probabilities of any equal shape.
        beta, gamma, alpha: as in `score_threshold`.

    Returns:
        bool, of that shape.
    """
    teacher, student = (ops.cast(scores, "float32") for scores in (teacher_scores, student_scores))
    return ops.abs(teacher - student) > score_threshold(teacher, beta, gamma, alpha)


def threshold_distillation_loss(
    teacher_scores, student_scores, beta: float = 6.4, gamma: float = 3.2, alpha=None
):
    """Mean squared difference of the scores that are informative (equations 1, 3 and 4).

    The gradient reaches the student alone, through the scores of `informative_scores`.

    Args:
        teacher_scores, student_scores: probabilities of any equal shape and float type.
        beta, gamma, alpha: as in `score_threshold`. `beta=0, alpha=0.1` is a constant threshold,
            `beta=0, alpha=0` full mimicry (Table 3).

    Returns:
        float32 scalar, 0 when nothing is selected.
    """
    teacher = ops.stop_gradient(ops.cast(teacher_scores, "float32"))
    student = ops.cast(student_scores, "float32")
    selected = ops.cast(informative_scores(teacher, student, beta, gamma, alpha), "float32")
    squares = selected * ops.square(teacher - student)
    return share_of_batch(ops.sum(squares), ops.sum(selected))
