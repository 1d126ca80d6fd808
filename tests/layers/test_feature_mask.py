"""FFMM: which cells are kept, and what learns from it."""

import keras
import numpy as np
import pytest
from keras import ops

from tfface.layers.feature_mask import FeatureMask


def built(threshold: float = 0.01, kernel: float = 0.0, bias: float = 0.0) -> FeatureMask:
    """A mask of maps of one channel: the logit of a face is `kernel` times the cell plus `bias`."""
    layer = FeatureMask(threshold)
    layer(np.zeros((1, 3, 3, 1), np.float32))
    kernels = np.zeros((3, 3, 1, 2), np.float32)
    kernels[1, 1, 0] = -kernel / 2, kernel / 2
    layer.predictor.kernel.assign(kernels)
    layer.predictor.bias.assign([-bias / 2, bias / 2])
    return layer


def row(*values: float) -> np.ndarray:
    return np.array(values, np.float32).reshape(1, 1, -1, 1)


def test_cells_with_a_probability_above_the_threshold_are_kept() -> None:
    layer = built(threshold=0.01, kernel=1.0)
    # log(0.01 / 0.99) = -4.595; a softmax of two logits is the sigmoid of their difference.
    features = row(-6, -4.6, -4.5, 0, 3)

    masked, logits = layer(features)

    assert np.ravel(masked) == pytest.approx([0, 0, -4.5, 0, 3])
    assert np.ravel(logits) == pytest.approx([-6, -4.6, -4.5, 0, 3])
    assert logits.shape == (1, 1, 5)


def test_all_channels_of_a_cell_have_one_mask() -> None:
    layer = FeatureMask(0.5)
    features = np.random.default_rng(0).normal(size=(2, 5, 7, 3)).astype(np.float32)

    masked, logits = layer(features)

    expected = features * (np.asarray(logits) > 0)[..., None]
    np.testing.assert_allclose(masked, expected)
    assert 0 < np.mean(np.asarray(logits) > 0) < 1


def test_inference_keeps_the_same_and_says_what() -> None:
    layer = FeatureMask(0.3)
    features = np.random.default_rng(0).normal(size=(2, 6, 6, 3)).astype(np.float32)
    masked, logits = layer(features)
    away = np.abs(np.asarray(logits) - layer.lowest_logit) > 0.06  # see STEEPNESS

    found, mask = layer.apply_in_inference(features)

    assert mask.shape == (2, 6, 6, 1)
    kept = np.asarray(logits) > layer.lowest_logit
    np.testing.assert_allclose(np.asarray(mask)[away][:, 0], kept[away], atol=1e-6)
    np.testing.assert_allclose(np.asarray(found)[away], np.asarray(masked)[away], atol=1e-5)
    assert away.mean() > 0.9


def gradients(layer: FeatureMask, features, loss) -> list[np.ndarray]:
    """Of `loss(masked, logits)`: by the features, then by kernel and bias."""
    variables = layer.predictor.trainable_variables
    if keras.backend.backend() == "jax":
        import jax

        def compute(values, features):
            mapping = list(zip(variables, values, strict=True))
            with keras.StatelessScope(mapping):
                return loss(*layer(features))

        given = [variable.value for variable in variables], ops.convert_to_tensor(features)
        of_variables, of_features = jax.grad(compute, argnums=(0, 1))(*given)
        return [np.asarray(each) for each in (of_features, *of_variables)]
    import tensorflow as tf

    features = tf.constant(features)
    with tf.GradientTape() as tape:
        tape.watch(features)
        value = loss(*layer(features))
    sources = [features, *(variable.value for variable in variables)]
    found = tape.gradient(value, sources, unconnected_gradients="zero")
    return [np.asarray(each) for each in found]


def test_no_gradient_flows_through_the_binary_mask() -> None:
    layer = built(threshold=0.5, kernel=1.0)
    features = row(-2, -1, 1, 2)

    of_features, of_kernel, of_bias = gradients(layer, features, lambda masked, _: ops.sum(masked))

    assert not of_kernel.any() and not of_bias.any()
    # That of the product alone: 1 where the cell is kept.
    assert np.ravel(of_features).tolist() == [0, 0, 1, 1]


def test_the_mask_loss_reaches_kernel_and_features() -> None:
    layer = built(threshold=0.5, kernel=3.0)

    of_features, of_kernel, of_bias = gradients(
        layer, row(-2, -1, 1, 2), lambda _, logits: ops.sum(logits)
    )

    assert of_kernel.any() and of_bias.any()
    assert np.ravel(of_features) == pytest.approx([3, 3, 3, 3])


@pytest.mark.parametrize("threshold", [0.0, 1.0, -1.0])
def test_another_threshold(threshold) -> None:
    with pytest.raises(ValueError, match="between 0 and 1, got"):
        FeatureMask(threshold)


def test_its_configuration_makes_it_again() -> None:
    assert FeatureMask.from_config(FeatureMask(0.2).get_config()).threshold == 0.2
