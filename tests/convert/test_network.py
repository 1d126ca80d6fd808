"""convert.network: the parts of the network that an exported graph has in another form."""

import numpy as np
import pytest
import tensorflow as tf

from convert.network import (
    join_levels,
    pad_to_multiple,
    predict_maps,
    split_head,
    split_heads,
    subtract_mean,
)


def test_a_head_is_split_into_logit_differences_and_offsets():
    # A 1x1 convolution of 1 channel and 2 anchors a cell: logits b, f, then four offsets, twice.
    kernel = np.array([1, 4, 10, 11, 12, 13, 2, 3, 20, 21, 22, 23], np.float32).reshape(1, 1, 1, 12)
    bias = np.array([0, 5, 0, 0, 0, 1, 1, 0, 0, 0, 0, 2], np.float32)

    head = split_head(kernel, bias)
    features = tf.ones((1, 1, 1, 1))

    # Anchor 0: (4 + 5) - (1 + 0); anchor 1: (3 + 0) - (2 + 1).
    assert head.differences(features).numpy().ravel().tolist() == [8, 0]
    assert head.offsets(features).numpy().ravel().tolist() == [10, 11, 12, 14, 20, 21, 22, 25]


def test_the_split_network_predicts_what_the_detector_does(detector, picture):
    outputs = detector(picture[None], training=False)
    logits = np.asarray(outputs["logits"])

    maps = predict_maps(detector, split_heads(detector), picture[None])
    differences, offsets = join_levels(maps)

    np.testing.assert_allclose(differences, logits[..., 1] - logits[..., 0], atol=1e-4)
    np.testing.assert_allclose(offsets, outputs["offsets"], atol=1e-4)
    shapes = [level.shape.as_list() for level, _ in maps]
    assert shapes == [[1, 16, 20, 4], [1, 8, 10, 2], [1, 4, 5, 2], [1, 2, 3, 2], [1, 1, 2, 2]]


# The next multiples of 32 of 33 and 31, of 64 and 1, and of what fits.
@pytest.mark.parametrize(
    ("size", "padded"), [((33, 31), (64, 32)), ((64, 1), (64, 32)), ((32, 96), (32, 96))]
)
def test_pictures_are_padded_below_and_right_with_black(size, padded):
    images = np.random.default_rng(0).integers(1, 256, (2, *size, 3), dtype=np.uint8)
    any_size = tf.function(
        lambda images: pad_to_multiple(images, 32),
        input_signature=[tf.TensorSpec((None, None, None, 3), tf.uint8)],
    )

    for result in (any_size(images).numpy(), pad_to_multiple(tf.constant(images), 32).numpy()):
        assert result.shape == (2, *padded, 3)
        np.testing.assert_array_equal(result[:, : size[0], : size[1]], images)
        assert result.sum() == images.sum()


def test_a_fixed_size_that_fits_is_not_padded():
    images = tf.zeros((1, 64, 32, 3), tf.uint8)

    assert pad_to_multiple(images, 32) is images


def test_the_mean_is_that_of_red_green_and_blue():
    pixels = np.array([[[[123, 117, 104], [0, 0, 0]], [[255, 255, 255], [124, 119, 107]]]])

    centred = subtract_mean(tf.cast(pixels, tf.float32)).numpy()

    assert centred.tolist() == [
        [[[0, 0, 0], [-123, -117, -104]], [[132, 138, 151], [1, 2, 3]]],
    ]
