"""Soft labels: a box that a detector drew is a face as often as the detector was sure of it.

Cross entropy is linear in its target. Drawn anew whenever a picture comes, labels of 0 and 1 have
in the mean the loss and the gradient of the score as a target between them, whatever head and
sampler of anchors the student has.
"""

from typing import Any

from keras import ops

from tfface.matching import ABSENT, FACE
from tfface.sampling import SEEDS, seed_of, shuffled


def draw_faces(kinds: Any, scores: Any, number: Any) -> Any:
    """Which of the faces of a picture are some this time; the others are background.

    The same number draws the same on every backend.

    Args:
        kinds: int32 `(n,)`, where n may be known only when the graph runs.
        scores: float32 `(n,)`, 0..1: a face stays in that share of all draws.
        number: uniform in 0..1.

    Returns:
        int32 `(n,)`.
    """
    drawn = ops.right_shift(shuffled(ops.shape(kinds)[0], seed_of(number)), 7)  # of 31 bits 24
    sure = ops.cast(drawn, "float32") / SEEDS < scores
    return ops.where(ops.logical_or(kinds != FACE, sure), kinds, ABSENT)
