"""Which anchors train."""

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from keras import ops
from scipy.stats import chi2

from tfface.anchors import AnchorLevel
from tfface.detectors.sampled_recipe import SampledRecipe
from tfface.sampling import (
    GroupSampling,
    annealed_ratio,
    group_sample,
    hard_negatives,
    sampled_anchors,
)


def chosen(losses, labels, ratio: float = 3.0, minimum: int = 1) -> list[list[int]]:
    """Indices of the chosen anchors, picture by picture."""
    mask = hard_negatives(
        np.array(losses, np.float32), np.array(labels, np.int32), ratio=ratio, minimum=minimum
    )
    return [np.flatnonzero(row).tolist() for row in np.asarray(mask)]


def test_three_negatives_for_each_positive_and_the_hardest_first() -> None:
    # One positive: three of the fifteen others. A quarter of sixteen is four, more than enough.
    losses = [0.05 * index for index in range(16)]
    labels = [1] + [0] * 15

    assert chosen([losses], [labels]) == [[13, 14, 15]]


def test_positive_and_ignored_anchors_are_never_chosen() -> None:
    losses = [9, 8, 7, 6, 5, 4, 3, 2]
    labels = [1, -1, 0, -1, 0, 0, 0, 0]

    assert chosen([losses], [labels], ratio=2) == [[2, 4]]


def test_a_picture_without_faces_has_its_minimum() -> None:
    losses = [0.1, 0.4, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1]

    assert chosen([losses], [[0] * 8], minimum=2) == [[1, 2]]


def test_pictures_are_sampled_apart() -> None:
    losses = [[4, 3, 2, 1, 0.5, 0.5, 0.5, 0.5], [1, 2, 3, 4, 0.5, 0.5, 0.5, 0.5]]
    labels = [[1, 0, 0, 0, 0, 0, 0, 0], [0] * 8]

    assert chosen(losses, labels, ratio=2) == [[1, 2], [3]]


def test_at_most_a_quarter_of_the_anchors() -> None:
    losses = [8, 7, 6, 5, 4, 3, 2, 1]
    labels = [1, 1, 0, 0, 0, 0, 0, 0]

    assert chosen([losses], [labels]) == [[2, 3]]


def test_of_equal_losses_all_are_taken() -> None:
    assert chosen([[1, 1, 1, 1]], [[0, 0, 0, 0]]) == [[0, 1, 2, 3]]


def test_a_negative_without_loss_teaches_nothing() -> None:
    assert chosen([[0, 0, 0, 0]], [[0, 0, 0, 0]]) == [[]]


def test_without_negatives_none_is_chosen() -> None:
    assert chosen([[3, 2, 1, 1]], [[1, 1, -1, -1]]) == [[]]


def test_the_ratio_may_be_a_tensor() -> None:
    losses = np.array([[9, 8, 7, 6, 5, 4, 3, 2]], np.float32)
    labels = np.array([[1, 0, 0, 0, 0, 0, 0, 0]], np.int32)

    mask = hard_negatives(losses, labels, ratio=ops.array(2.0), minimum=1)

    assert np.flatnonzero(np.asarray(mask)[0]).tolist() == [1, 2]


def sampled(sampler: Any) -> list[int]:
    """Indices of the anchors of one picture that train."""
    losses = np.array([[0.1, 9, 1, 8, 2, 7, 3, 4]], np.float32)
    labels = np.array([[1, -1, 0, -1, 0, 0, 0, 0]], np.int32)
    mask = sampled_anchors(sampler, losses, labels, ratio=2.0, minimum=1, hardest=3)
    return np.flatnonzero(np.asarray(mask)[0]).tolist()


def test_faces_train_beside_their_hard_negatives() -> None:
    # Two for the one positive: those with losses 7 and 4.
    assert sampled("hard_negatives") == [0, 5, 7]


def test_all_are_those_that_are_not_ignored() -> None:
    assert sampled("all") == [0, 2, 4, 5, 6, 7]


def test_the_hardest_of_all_may_be_of_any_class() -> None:
    # Of those that are not ignored the losses 7, 4 and 3.
    assert sampled("ohem") == [5, 6, 7]


def test_another_sampler_is_refused() -> None:
    with pytest.raises(ValueError, match="the sampler hard_negatives, all, .* got 'none'"):
        sampled("none")


def drawn(labels: Any, groups: Any, count: int, seed: Any = 0, **options: Any) -> np.ndarray:
    return np.asarray(group_sample(np.asarray(labels), groups, count, seed, **options))


@settings(max_examples=40)
@given(
    labels=arrays(np.int32, 60, elements=st.sampled_from([-1, 0, 0, 0, 1])),
    groups=arrays(np.int32, 60, elements=st.integers(0, 3)),
    count=st.integers(1, 30),
    seed=st.integers(0, 1 << 24),
)
def test_of_every_group_as_many_as_asked_for_a_quarter_faces(labels, groups, count, seed) -> None:
    mask = drawn(labels, groups, count, seed, group_count=4)

    for group in range(4):
        faces, others = (np.sum((groups == group) & (labels == label)) for label in (1, 0))
        expected = min(faces, count // 4)
        assert np.sum(mask & (groups == group) & (labels == 1)) == expected
        # What is short of faces is background, as far as there is some.
        others = min(others, count - expected)
        assert np.sum(mask & (groups == group) & (labels == 0)) == others
    assert not mask[labels == -1].any()


def test_every_anchor_is_drawn_equally_often() -> None:
    # 4 of 10 faces and 12 of 30 others in 4,000 rows: 1,600 hits each, and 2,400 misses. Both
    # sums are fixed: 38 degrees of freedom, and hits vary by 9/10 and 29/30 more for it.
    labels = np.array([1] * 10 + [0] * 30, np.int32)
    rows = 4000

    mask = drawn(np.stack([labels] * rows), np.zeros(40, np.int32), 16, np.arange(rows))

    hits = mask.sum(axis=0)
    squares = (hits - 1600) ** 2 * (1 / 1600 + 1 / 2400)
    statistic = squares[:10].sum() * 9 / 10 + squares[10:].sum() * 29 / 30
    assert 0.001 < chi2.sf(statistic, 38) < 0.999
    assert (mask[:, :10].sum(axis=1) == 4).all()
    assert (mask[:, 10:].sum(axis=1) == 12).all()
    # Two of them fall together as often as chance has it: 4/10 of 3/9 of all rows.
    together = np.sum(mask[:, 0] & mask[:, 1])
    assert together == pytest.approx(rows * 0.4 * 3 / 9, abs=4 * np.sqrt(rows * 0.1333 * 0.8667))


def test_the_same_seed_draws_the_same() -> None:
    labels, groups = np.zeros(500, np.int32), np.arange(500, dtype=np.int32) % 2

    first, again, other = (drawn(labels, groups, 40, seed) for seed in (3, 3, 4))

    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    # What is drawn on every backend: this test also runs under JAX.
    assert np.flatnonzero(first)[:6].tolist() == [7, 9, 13, 27, 33, 34]


def test_rows_have_seeds_of_their_own() -> None:
    labels = np.zeros((2, 100), np.int32)
    groups = np.zeros(100, np.int32)

    mask = drawn(labels, groups, 10, np.array([5, 6], np.int32))

    for row, seed in zip(mask, (5, 6), strict=True):
        np.testing.assert_array_equal(row, drawn(labels[0], groups, 10, seed))


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="compiles with TensorFlow")
def test_a_graph_and_xla_draw_what_numbers_do() -> None:
    import tensorflow as tf

    generator = np.random.default_rng(0)
    labels = generator.integers(-1, 2, 300).astype(np.int32)
    groups = generator.integers(0, 3, 300).astype(np.int32)
    expected = drawn(labels, groups, 40, 9)

    for jit_compile in (False, True):
        compiled = tf.function(
            lambda labels, seed: group_sample(labels, groups, 40, seed),
            autograph=False,
            jit_compile=jit_compile,
        )
        np.testing.assert_array_equal(compiled(labels, tf.constant(9)), expected)


def test_nothing_to_draw_from_and_wrong_numbers() -> None:
    assert drawn(np.zeros(0, np.int32), np.zeros(0, np.int32), 4).shape == (0,)
    with pytest.raises(ValueError, match="a count of 1 or more"):
        drawn([0], np.zeros(1, np.int32), 0)
    with pytest.raises(ValueError, match="group_count beside groups"):
        drawn([0], ops.zeros(1, "int32"), 4)


def test_groups_are_the_scales_whatever_level_they_are_on() -> None:
    # 16 and 32 pixels on one level, 32 and 64 on the next: three groups.
    levels = (AnchorLevel(8, (16, 32)), AnchorLevel(16, (64, 32)))

    grouped = GroupSampling.of_levels(SampledRecipe(sampler="group"), levels, 16, 16)
    alike = GroupSampling.of_levels(SampledRecipe(sampler="random"), levels, 16, 16)

    assert grouped is not None and alike is not None
    assert grouped.groups.tolist() == [0, 1] * 4 + [2, 1]
    # As many of all scales together.
    assert (grouped.count, alike.count, set(alike.groups)) == (2048, 3 * 2048, {0})
    assert GroupSampling.of_levels(SampledRecipe(), levels, 16, 16) is None


@pytest.mark.parametrize(
    ("step", "ratio"), [(0, 48.0), (50, 12.0), (75, 6.0), (100, 3.0), (5000, 3.0)]
)
def test_mining_becomes_harder_evenly_in_octaves(step: int, ratio: float) -> None:
    # From 48 to 3 are four octaves in 100 steps: half of them after 50, three after 75.
    annealed = annealed_ratio(ops.array(step), steps=100, first=48.0, last=3.0)

    assert float(annealed) == pytest.approx(ratio, rel=1e-5)


def test_without_steps_the_ratio_is_the_last_one() -> None:
    assert annealed_ratio(0, steps=0, first=48.0, last=3.0) == 3.0


def test_no_negatives_of_a_picture_without_faces_where_none_are_asked_for() -> None:
    # The second picture has one face: two negatives.
    losses, labels = [[*range(1, 17)]] * 2, [[0] * 16, [1] + [0] * 15]

    assert [len(each) for each in chosen(losses, labels, ratio=2.0, minimum=0)] == [0, 2]
