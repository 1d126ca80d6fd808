"""Heads with two logits and four offsets an anchor, and what inference makes of them."""

import keras
import numpy as np
import pytest

from tfface.layers.two_class_head import face_logits, offset_map, score_map


def head_of(kernel, bias) -> keras.layers.Conv2D:
    kernel, bias = np.array(kernel, np.float32), np.array(bias, np.float32)
    head = keras.layers.Conv2D(kernel.shape[-1], kernel.shape[0], padding="same")
    head.build((None, None, None, kernel.shape[2]))
    head.set_weights([kernel, bias])
    return head


def test_logits_of_faces_and_offsets_worked_out_by_hand() -> None:
    # A 1x1 convolution of 1 channel and 2 anchors a cell: logits b, f, then four offsets, twice.
    kernel = np.array([1, 4, 10, 11, 12, 13, 2, 3, 20, 21, 22, 23]).reshape(1, 1, 1, 12)
    head = head_of(kernel, [0, 5, 0, 0, 0, 1, 1, 0, 0, 0, 0, 2])
    features = np.ones((1, 1, 1, 1), np.float32)

    # Anchor 0: (4 + 5) - (1 + 0); anchor 1: (3 + 0) - (2 + 1).
    assert np.ravel(score_map(head, features)).tolist() == [8, 0]
    assert np.ravel(offset_map(head, features)).tolist() == [10, 11, 12, 14, 20, 21, 22, 25]


@pytest.mark.parametrize("kernel_size", [1, 3])
def test_both_maps_are_what_the_head_predicts(kernel_size: int) -> None:
    generator = np.random.default_rng(0)
    head = head_of(
        generator.normal(size=(kernel_size, kernel_size, 5, 18)), generator.normal(size=18)
    )
    features = generator.normal(size=(2, 4, 7, 5)).astype(np.float32)

    scores, offsets = score_map(head, features), offset_map(head, features)

    predictions = np.asarray(head(features)).reshape(2, 4, 7, 3, 6)
    assert (scores.shape, offsets.shape) == ((2, 4, 7, 3), (2, 4, 7, 12))
    np.testing.assert_allclose(scores, predictions[..., 1] - predictions[..., 0], atol=1e-4)
    np.testing.assert_allclose(offsets, predictions[..., 2:].reshape(2, 4, 7, 12), atol=1e-4)


def test_the_logit_of_a_face_has_the_probability_of_the_softmax() -> None:
    # e^2 : e^-1 is e^3 : 1; equal logits are one half.
    logits = np.array([[-1, 2], [7, 7]], np.float32)

    np.testing.assert_array_equal(face_logits(logits), [3, 0])


def test_half_precision_becomes_float32_before_the_difference() -> None:
    # float16 has steps of 1/2 from 512 on.
    logits = np.array([[0.25, 512.0]], np.float16)

    assert float(face_logits(logits)[0]) == 511.75
