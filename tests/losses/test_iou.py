"""tfface.losses.iou: losses of whole boxes."""

import itertools
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from tfface.losses.iou import iou_loss, overlap

KINDS: tuple[Any, ...] = ("iou", "giou", "diou", "ciou", "eiou")

BOX, FACE = np.array([0.0, 0, 4, 4], np.float32), np.array([2.0, 0, 6, 8], np.float32)
"""Intersection 2 x 4 = 8, union 16 + 32 - 8 = 40, enclosing box 6 x 8."""


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("iou", 1 - 8 / 40),
        # The enclosing box has 48, of which 8 are neither.
        ("giou", 1 - 8 / 40 + 8 / 48),
        # Centres (2, 2) and (4, 4): 4 + 4 over 36 + 64.
        ("diou", 1 - 8 / 40 + 8 / 100),
        # Widths 4 and 4, heights 4 and 8: 16 / 64.
        ("eiou", 1 - 8 / 40 + 8 / 100 + 16 / 64),
    ],
)
def test_losses_worked_out_by_hand(kind, expected) -> None:
    assert float(iou_loss(BOX, FACE, kind)) == pytest.approx(expected, rel=1e-5)


def test_ciou_adds_the_difference_of_the_aspects() -> None:
    # arctan(4 / 8) - arctan(4 / 4) = 0.46365 - 0.78540; its square times 4 / pi^2.
    aspects = 4 / np.pi**2 * (np.arctan(0.5) - np.arctan(1.0)) ** 2
    # arXiv:1911.08287, equation 11: beside the aspects the overlap alone, not the centres.
    weight = aspects / (1 - 8 / 40 + aspects)
    diou = 1 - 8 / 40 + 8 / 100

    assert float(iou_loss(BOX, FACE, "ciou")) == pytest.approx(diou + weight * aspects, rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_box_that_is_the_face_costs_nothing(kind) -> None:
    assert float(iou_loss(FACE, FACE, kind)) == pytest.approx(0, abs=1e-5)


def test_an_unknown_kind() -> None:
    with pytest.raises(ValueError, match="iou, giou, diou, ciou or eiou, got 'l2'"):
        iou_loss(BOX, FACE, "l2")  # type: ignore[arg-type]


def test_giou_is_that_of_tensorflow_addons() -> None:
    addons = pytest.importorskip("tensorflow_addons", reason="has wheels for Python 3.11 alone")
    low = np.random.default_rng(0).uniform(0, 50, (2, 20, 2))
    boxes, faces = np.concatenate([low, low + 1 + low[..., ::-1]], axis=-1).astype(np.float32)

    # There y comes first, which changes nothing.
    expected = addons.losses.giou_loss(faces, boxes)

    np.testing.assert_allclose(iou_loss(boxes, faces, "giou"), expected, atol=1e-5)


corners = st.floats(-100, 100, width=32)


@pytest.mark.parametrize("kind", KINDS)
@given(st.tuples(*[corners] * 4), st.tuples(*[corners] * 4))
def test_finite_for_any_corners(kind: Any, box, face) -> None:
    assert np.isfinite(
        float(iou_loss(np.array([box], np.float32), np.array([face], np.float32), kind)[0])
    )


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="differentiates by its tape")
def test_gradients_are_finite_also_without_area_or_contact() -> None:
    tf = pytest.importorskip("tensorflow", reason="differentiates")
    boxes = tf.constant([[0, 0, 4, 4], [5, 5, 5, 5], [9, 9, 2, 2], [50, 50, 60, 60]], tf.float32)
    for kind, face in itertools.product(KINDS, (FACE, np.zeros(4, np.float32))):
        with tf.GradientTape() as tape:
            tape.watch(boxes)
            loss = tf.reduce_sum(iou_loss(boxes, face[None], kind))
        assert np.isfinite(tape.gradient(loss, boxes)).all(), kind


def test_overlap_of_pairs() -> None:
    assert ops.convert_to_numpy(overlap(BOX[None], FACE[None])) == pytest.approx([8 / 40])
