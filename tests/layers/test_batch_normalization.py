"""Batch normalisation: that of Keras, whatever kernel computes it."""

import keras
import numpy as np
import pytest

from tfface.layers.batch_normalization import BatchNormalization


@pytest.fixture
def maps() -> np.ndarray:
    return np.random.default_rng(0).normal(3, 2, (4, 16, 16, 5)).astype(np.float32)


@pytest.mark.parametrize("training", [True, False])
def test_outputs_and_statistics_are_those_of_keras(maps: np.ndarray, training: bool) -> None:
    ours, theirs = BatchNormalization(momentum=0.9), keras.layers.BatchNormalization(momentum=0.9)

    np.testing.assert_allclose(
        ours(maps, training=training), theirs(maps, training=training), atol=1e-5
    )
    np.testing.assert_allclose(ours.moving_mean, theirs.moving_mean, rtol=1e-4, atol=1e-6)
    # The fused kernel divides by n - 1, here by 1023 instead of 1024.
    np.testing.assert_allclose(ours.moving_variance, theirs.moving_variance, rtol=2e-3)


def test_a_frozen_layer_keeps_its_statistics(maps: np.ndarray) -> None:
    layer = BatchNormalization()
    layer.build(maps.shape)
    layer.trainable = False

    layer(maps, training=True)

    np.testing.assert_array_equal(layer.moving_mean, np.zeros(5))


def test_mixed_precision_keeps_statistics_in_float32(maps: np.ndarray) -> None:
    layer = BatchNormalization(dtype="mixed_bfloat16")

    outputs = layer(maps, training=True)

    assert keras.backend.standardize_dtype(outputs.dtype) == "bfloat16"
    assert keras.backend.standardize_dtype(layer.moving_mean.dtype) == "float32"
