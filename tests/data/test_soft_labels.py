"""Faces as often as a detector was sure of them."""

import functools

import keras
import numpy as np
import pytest
from keras import ops

from tests.whole import whole
from tfface.data.soft_labels import draw_faces
from tfface.matching import ABSENT, FACE, IGNORED

DRAW = whole(draw_faces)


def drawn(kinds: list[int], scores: list[float], number: float) -> list[int]:
    given = np.array(kinds, np.int32), np.array(scores, np.float32), np.float32(number)
    return ops.convert_to_numpy(DRAW(*given)).tolist()


def drawn_often(scores: list[float], times: int) -> np.ndarray:
    """Kinds `(times, n)` of as many faces as scores, drawn by numbers evenly in 0..1."""
    kinds, numbers = np.full(len(scores), FACE, np.int32), np.arange(times, dtype=np.float32)
    draw = functools.partial(draw_faces, kinds, np.array(scores, np.float32))
    return ops.convert_to_numpy(ops.vectorized_map(draw, numbers / times))


def test_a_face_stays_in_the_share_of_draws_that_its_score_is() -> None:
    scores = [0.2, 0.5, 0.9]

    stays = drawn_often(scores, 2000) == FACE

    # Of 2,000 draws a share of 0.5 varies by 0.011.
    np.testing.assert_allclose(stays.mean(axis=0), scores, atol=0.045)
    # Each for itself: two of them together as often as chance has it.
    assert np.mean(stays[:, 0] & stays[:, 1]) == pytest.approx(0.1, abs=0.03)


def test_what_is_sure_always_stays_and_what_is_no_face_is_as_it_was() -> None:
    for number in (0.0, 0.3, 1 - 2**-24):
        found = drawn([FACE, FACE, IGNORED, ABSENT], [1.0, 0.0, 0.0, 0.5], number)
        assert found == [FACE, ABSENT, IGNORED, ABSENT]


def test_the_same_number_draws_the_same_on_every_backend() -> None:
    stays = np.array(drawn([FACE] * 12, [0.5] * 12, 0.25)) == FACE

    # This test also runs under JAX.
    assert np.flatnonzero(stays).tolist() == [1, 2, 6, 9, 10]


def test_the_loss_is_in_the_mean_that_of_the_score_as_a_target() -> None:
    logit, score = 0.7, 0.3
    of_a_face, of_none = np.log1p(np.exp(-logit)), np.log1p(np.exp(logit))

    losses = np.where(drawn_often([score], 4000) == FACE, of_a_face, of_none)

    # The two losses are 0.7 apart, so the mean of 4,000 varies by 0.7 * 0.46 / 63 = 0.005.
    soft = score * of_a_face + (1 - score) * of_none
    assert np.mean(losses) == pytest.approx(soft, abs=0.02)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a graph of TensorFlow")
def test_a_graph_draws_the_same_of_any_number_of_faces() -> None:
    import tensorflow as tf

    graph = tf.function(
        draw_faces,
        autograph=False,
        input_signature=[
            tf.TensorSpec((None,), tf.int32),
            tf.TensorSpec((None,), tf.float32),
            tf.TensorSpec((), tf.float32),
        ],
    )
    for count in (0, 5):
        kinds, scores = np.full(count, FACE, np.int32), np.full(count, 0.5, np.float32)
        assert graph(kinds, scores, 0.25).numpy().tolist() == drawn(
            kinds.tolist(), scores.tolist(), 0.25
        )
