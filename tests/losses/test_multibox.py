"""The loss of SSD."""

import math

import keras
import numpy as np
import pytest

from tfface.detectors.anchor_detector import AnchorRecipe
from tfface.losses.multibox import multibox_losses


def losses(
    labels, logits, target_offsets=None, offsets=None, negative_ratio=3.0, **recipe
) -> dict[str, float]:
    """Both losses of a batch; offsets are zero where they are not given."""
    labels = np.array(labels, np.int32)
    zeros = np.zeros((*labels.shape, 4), np.float32)
    values = multibox_losses(
        {"labels": labels, "offsets": zeros if target_offsets is None else target_offsets},
        {
            "logits": np.array(logits, np.float32),
            "offsets": zeros if offsets is None else offsets,
        },
        AnchorRecipe(**recipe),
        negative_ratio,
    )
    return {name: float(value) for name, value in values.items()}


def test_classification_of_positives_and_hard_negatives() -> None:
    # One face and, of eight anchors, two negatives at most. Equal logits cost log 2; the hardest
    # negatives say face with e : 1, log(1 + e) each; the easier ones and the ignored one do not
    # count. All of it divided by one positive.
    logits = [[0, 0], [0, 1], [0, 1], [0, 0.5], [0, 9], [0, 0], [0, 0], [0, 0]]
    labels = [1, 0, 0, 0, -1, 0, 0, 0]

    expected = math.log(2) + 2 * math.log(1 + math.e)
    assert losses([labels], [logits])["classification"] == pytest.approx(expected)


def test_only_positives_are_regressed_and_the_batch_shares_the_divisor() -> None:
    # Three faces in two pictures; distances of 1 cost 0.5 in each of four coordinates.
    labels = [[1, 1, 0, -1], [1, 0, 0, 0]]
    offsets = np.ones((2, 4, 4), np.float32)
    offsets[1] *= 2  # distances of 2 cost 1.5

    values = losses(labels, np.zeros((2, 4, 2)), offsets=offsets, regression_weight=2.0)

    assert values["regression"] == pytest.approx(2.0 * (2 * 2.0 + 6.0) / 3)


def test_a_batch_without_faces_has_finite_losses() -> None:
    values = losses(np.zeros((2, 64)), np.zeros((2, 64, 2)), minimum_negatives=16)

    assert values["regression"] == 0
    # Equal losses: all 64 anchors of both pictures are taken.
    assert values["classification"] == pytest.approx(128 * math.log(2), rel=1e-5)


def test_without_sampling_every_anchor_counts_but_the_ignored_ones() -> None:
    labels = [1, 0, 0, 0, 0, -1, -1, 0]

    values = losses([labels], np.zeros((1, 8, 2)), sampler="all")

    # Six anchors with equal logits, one of them positive.
    assert values["classification"] == pytest.approx(6 * math.log(2), rel=1e-5)


def test_a_batch_of_ignored_anchors_teaches_nothing() -> None:
    assert losses(np.full((1, 8), -1), np.ones((1, 8, 2))) == {
        "classification": 0,
        "regression": 0,
    }


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="takes a GradientTape")
def test_ignored_anchors_have_no_gradient() -> None:
    import tensorflow as tf

    generator = np.random.default_rng(0)
    labels = np.array([[1, -1, 0, 0, -1, 1, 0, 0]], np.int32)
    logits = tf.Variable(generator.normal(size=(1, 8, 2)), dtype=tf.float32)
    offsets = tf.Variable(generator.normal(size=(1, 8, 4)), dtype=tf.float32)
    with tf.GradientTape() as tape:
        values = multibox_losses(
            {"labels": labels, "offsets": np.zeros((1, 8, 4), np.float32)},
            {"logits": logits, "offsets": offsets},
            AnchorRecipe(),
            negative_ratio=3.0,
        )
        total = sum(values.values())
    of_logits, of_offsets = tape.gradient(total, [logits, offsets])

    assert not np.any(of_logits.numpy()[labels == -1])
    assert not np.any(of_offsets.numpy()[labels != 1])
    assert np.all(np.any(of_logits.numpy()[labels == 1], axis=-1))


@pytest.mark.parametrize("sampler", ["random", "group", "ohem"])
def test_of_a_fixed_number_of_samples_box_and_class_weigh_alike(sampler: str) -> None:
    # Six of eight anchors count; log 2 each. Distances of 1 cost 0.5 in each of four coordinates
    # of the one face.
    labels = [1, 0, 0, 0, 0, -1, -1, 0]

    values = losses(
        [labels], np.zeros((1, 8, 2)), offsets=np.ones((1, 8, 4)), sampler=sampler, ohem_samples=8
    )

    assert values["classification"] == pytest.approx(math.log(2), rel=1e-5)
    assert values["regression"] == pytest.approx(2.0 / 6, rel=1e-5)


def test_the_hardest_anchors_are_so_many_of_every_picture() -> None:
    # Four and then two of them count, of which three train at most: five samples.
    labels = [[1, 0, 0, 0], [1, 0, -1, -1]]
    logits = np.zeros((2, 4, 2))
    logits[0, 3, 0] = 9.0  # sure, and right: the easiest of four

    values = losses(labels, logits, offsets=np.ones((2, 4, 4)), sampler="ohem", ohem_samples=3)

    assert values["classification"] == pytest.approx(math.log(2), rel=1e-5)
    assert values["regression"] == pytest.approx(2 * 2.0 / 5, rel=1e-5)


def test_the_focal_loss_is_divided_by_the_positives() -> None:
    # alpha 0.25, half of a score missing: 0.25 * 0.25 log 2 of a face, three times that of each
    # of two others.
    values = losses([[1, 0, 0, -1]], np.zeros((1, 4, 2)), sampler="focal")

    assert values["classification"] == pytest.approx((1 + 2 * 3) * 0.0625 * math.log(2), rel=1e-3)


def test_boxes_may_lose_by_their_overlap() -> None:
    # Half as high: an IoU of 0.5, and a square of 0.25.
    offsets = np.zeros((1, 4, 4), np.float32)
    offsets[..., 3] = math.log(0.5) / 0.2

    values = losses(
        [[1, 1, 0, -1]],
        np.zeros((1, 4, 2)),
        offsets=offsets,
        regression_loss="least_square_iou",
        regression_weight=2.0,
    )

    assert values["regression"] == pytest.approx(2 * 0.25, rel=1e-4)
