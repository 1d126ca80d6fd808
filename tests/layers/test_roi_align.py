"""tfface.layers.roi_align: values and gradients against loops over points."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tfface.layers.roi_align import pyramid_roi_align, roi_align

MAP = np.random.default_rng(0).normal(size=(6, 9, 3)).astype(np.float32)
BOXES = np.array(
    [[8, 8, 40, 30], [3.3, 5.1, 9.7, 44.9], [-20, -8, 20, 12], [50, 30, 120, 90], [16, 16, 16, 16]],
    np.float32,
)
"""Within the map of 72x48 pixels, on its edges and beyond them; the last without area."""


def naive(features, box, size, stride, samples=2):
    """Every point by itself; also by how much every cell counts in every bin."""
    rows, columns = features.shape[:2]
    result = np.zeros((size, size, features.shape[2]))
    shares = np.zeros((size, size, rows, columns))
    for i in range(size):
        for j in range(size):
            for a in range(samples):
                for b in range(samples):
                    y = box[1] + (i + (a + 0.5) / samples) * (box[3] - box[1]) / size
                    x = box[0] + (j + (b + 0.5) / samples) * (box[2] - box[0]) / size
                    y = min(max(y / stride - 0.5, 0), rows - 1)
                    x = min(max(x / stride - 0.5, 0), columns - 1)
                    for row in {math.floor(y), min(math.floor(y) + 1, rows - 1)}:
                        for column in {math.floor(x), min(math.floor(x) + 1, columns - 1)}:
                            share = (1 - abs(y - row)) * (1 - abs(x - column)) / samples**2
                            result[i, j] += share * features[row, column]
                            shares[i, j, row, column] += share
    return result, shares


@pytest.mark.parametrize("size", [1, 2, 5])
def test_values_are_those_of_loops(size: int) -> None:
    pooled = np.asarray(roi_align(MAP, BOXES, size, 8))

    assert pooled.shape == (5, size, size, 3)
    for result, box in zip(pooled, BOXES, strict=True):
        np.testing.assert_allclose(result, naive(MAP, box, size, 8)[0], atol=1e-5)


def test_a_plane_is_sampled_exactly() -> None:
    # A map of the x of its centres, in pixels: bins of 8 pixels from 8 on have the means 12 and 20.
    plane = np.tile((np.arange(6, dtype=np.float32) * 8 + 4)[None, :, None], (6, 1, 1))

    pooled = np.asarray(roi_align(plane, np.array([[8, 8, 24, 24]], np.float32), 2, 8))

    np.testing.assert_allclose(pooled[0, ..., 0], [[12, 20], [12, 20]], rtol=1e-6)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_gradient_is_that_of_loops_as_a_graph_and_compiled(jit_compile: bool) -> None:
    upstream = np.random.default_rng(1).normal(size=(5, 2, 2, 3)).astype(np.float32)

    @tf.function(autograph=False, jit_compile=jit_compile)
    def gradient(features, boxes):
        with tf.GradientTape() as tape:
            tape.watch([features, boxes])
            loss = tf.reduce_sum(roi_align(features, boxes, 2, 8) * upstream)
        return tape.gradient(loss, [features, boxes])

    of_map, of_boxes = gradient(tf.constant(MAP), tf.constant(BOXES))

    expected = sum(
        np.einsum("ijrc,ijk->rck", naive(MAP, box, 2, 8)[1], of_box)
        for box, of_box in zip(BOXES, upstream, strict=True)
    )
    np.testing.assert_allclose(of_map, expected, atol=1e-5)
    assert of_boxes is None


def test_a_box_is_pooled_from_its_picture_and_the_level_that_proposed_it() -> None:
    generator = np.random.default_rng(2)
    maps = [
        generator.normal(size=shape).astype(np.float32) for shape in [(2, 6, 8, 4), (2, 3, 4, 4)]
    ]
    boxes = generator.uniform(0, 24, (2, 3, 4)).astype(np.float32)
    boxes[..., 2:] += boxes[..., :2]
    levels = np.array([[0, 1, 1], [1, 0, 1]], np.int32)

    pooled = np.asarray(pyramid_roi_align(maps, boxes, levels, 3, [8, 16]))

    for picture in range(2):
        for index, level in enumerate(levels[picture]):
            expected, _ = naive(maps[level][picture], boxes[picture, index], 3, (8, 16)[level])
            np.testing.assert_allclose(pooled[picture, index], expected, atol=1e-5)


def test_bfloat16_stays_so() -> None:
    pooled = roi_align(tf.cast(MAP, tf.bfloat16), tf.constant(BOXES), 2, 8)

    assert pooled.dtype == tf.bfloat16
    expected = [naive(MAP, box, 2, 8)[0] for box in BOXES]
    np.testing.assert_allclose(tf.cast(pooled, tf.float32), expected, atol=0.05)
