"""tfface.detectors.two_steps: what the first step leaves to the second, and what that learns."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
from keras import ops

from tests.whole import whole
from tfface.anchors import AnchorLevel, grid_anchors
from tfface.boxes import VARIANCES, decode, encode
from tfface.detectors.two_steps import TwoSteps, filtered_scores
from tfface.matching import FACE, ThresholdMatcher

LEVELS = (AnchorLevel(16, (16.0, 24.0)), AnchorLevel(32, (32.0, 48.0)))
SIZE = (32, 64)
"""2x4 cells of 16 pixels and 1x2 of 32, of two anchors each: 16 anchors and 4."""

FILTER = -4.6


def steps(classified=(0,), moved=(1,)) -> TwoSteps:
    return TwoSteps(LEVELS, classified, moved, VARIANCES)


def maps(seed: int = 0, classified=(0,), moved=(1,)) -> dict:
    generator = np.random.default_rng(seed)
    grids = [(2, 2, 4), (2, 1, 2)]

    def of(levels, channels, spread):
        return [
            generator.normal(0, spread, (*grids[index], channels)).astype(np.float32)
            for index in levels
        ]

    return {
        "scores": of((0, 1), 2, 5),
        "offsets": of((0, 1), 8, 1),
        "first_scores": of(classified, 2, 5),
        "first_offsets": of(moved, 8, 1),
    }


def rows(of_level: np.ndarray, values: int) -> np.ndarray:
    return of_level.reshape(2, -1, values)


def test_the_first_step_leaves_out_sure_background() -> None:
    first = np.array([-9.0, -4.61, -4.6, -4.59, -9.0, 3.0], np.float32)
    second = np.array([5.0, 5.0, 5.0, -7.0, -20.0, -3.0], np.float32)

    # Below the threshold the lower of both; else the second, whatever it is.
    expected = [-9.0, -4.61, 5.0, -7.0, -20.0, -3.0]
    np.testing.assert_array_equal(
        filtered_scores(first, second, np.float32(FILTER)), np.array(expected, np.float32)
    )


def test_both_steps_as_one_against_loops() -> None:
    given = maps()

    joined = {name: np.asarray(value) for name, value in steps().join(given, FILTER).items()}

    second, first = (rows(given[name][0], 1)[..., 0] for name in ("scores", "first_scores"))
    expected = [
        [s if f >= FILTER else min(s, f) for s, f in zip(*pair, strict=True)]
        for pair in zip(second, first, strict=True)
    ]
    np.testing.assert_allclose(joined["scores"][:, :16], expected)
    assert (np.array(expected) != second).any()
    np.testing.assert_array_equal(joined["scores"][:, 16:], rows(given["scores"][1], 1)[..., 0])

    anchors = grid_anchors(LEVELS, *SIZE)
    np.testing.assert_array_equal(joined["offsets"][:, :16], rows(given["offsets"][0], 4))
    refined = decode(rows(given["first_offsets"][0], 4), anchors[16:])
    np.testing.assert_allclose(
        decode(joined["offsets"][:, 16:], anchors[16:]),
        decode(rows(given["offsets"][1], 4), refined),
        rtol=1e-4,
        atol=1e-2,
    )


def test_what_remains_is_what_the_first_step_does_not_leave_out() -> None:
    given = maps()

    separate = steps().separate(given, FILTER)

    remaining = np.asarray(separate["remaining"])
    np.testing.assert_array_equal(
        remaining[:, :16], rows(given["first_scores"][0], 1)[..., 0] >= FILTER
    )
    assert remaining[:, 16:].all()
    assert separate["first_scores"].shape == (2, 16)
    assert separate["first_offsets"].shape == (2, 4, 4)
    assert separate["second_scores"].shape == (2, 20)


def test_without_first_steps_the_second_is_all_there_is() -> None:
    given, one = maps(classified=(), moved=()), steps((), ())

    separate, joined = one.separate(given, FILTER), one.join(given, FILTER)

    np.testing.assert_array_equal(joined["scores"], separate["second_scores"])
    np.testing.assert_array_equal(joined["offsets"], separate["second_offsets"])
    assert np.asarray(separate["remaining"]).all()
    assert not {"first_scores", "first_offsets"} & set(separate)


def by_xla(function: Callable) -> Callable:
    """`function` compiled, under either backend."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    return tf.function(function, autograph=False, jit_compile=True)


@pytest.mark.parametrize("moved", [(1,), (0,), (0, 1)])
def test_faces_are_matched_to_where_anchors_were_moved(moved) -> None:
    anchors = grid_anchors(LEVELS, *SIZE)
    numbers = steps(moved=moved).anchors_of(moved, *SIZE)
    # The first step moves every anchor right by a quarter of its width: 0.25 / 0.1.
    first_offsets = np.tile(np.array([2.5, 0, 0, 0], np.float32), (1, len(numbers), 1))
    refined = anchors[numbers] + 0.25 * (anchors[numbers, 2:3] - anchors[numbers, :1]) * [
        1,
        0,
        1,
        0,
    ]
    face = refined[-1].astype(np.float32)
    targets = {
        "labels": np.full((1, 20), -1, np.int32),
        "offsets": np.full((1, 20, 4), 9.0, np.float32),
        "faces": face[None, None],
        "kinds": np.array([[FACE]]),
    }

    def second_targets(targets, first_offsets):
        matcher = ThresholdMatcher(0.5, 0.4)
        return steps(moved=moved).second_targets(targets, first_offsets, matcher, *SIZE)

    labels, offsets = (
        ops.convert_to_numpy(array)[0] for array in whole(second_targets)(targets, first_offsets)
    )

    # The last anchor lies on the face by now, to which there is nothing left to move.
    assert labels[numbers[-1]] == 1
    np.testing.assert_allclose(offsets[numbers[-1]], 0, atol=1e-4)
    found, owned = whole(ThresholdMatcher(0.5, 0.4))(
        refined[None].astype(np.float32), targets["faces"], targets["kinds"]
    )
    np.testing.assert_array_equal(labels[numbers], np.asarray(found)[0])
    expected = encode(np.asarray(owned)[0], refined.astype(np.float32))
    np.testing.assert_allclose(offsets[numbers], expected, atol=1e-4)
    # Elsewhere the targets are those of the data stage.
    others = np.setdiff1d(np.arange(20), numbers)
    assert (labels[others] == -1).all()
    assert (offsets[others] == 9.0).all()
    # And the same within a compiled step.
    compiled = [ops.convert_to_numpy(x)[0] for x in by_xla(second_targets)(targets, first_offsets)]
    np.testing.assert_array_equal(compiled[0], labels)
    np.testing.assert_allclose(compiled[1], offsets, rtol=1e-5, atol=1e-5)
