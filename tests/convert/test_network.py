"""convert.network: the parts of the network that an exported graph has in another form."""

import numpy as np
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


def test_pictures_are_padded_below_and_right_with_black():
    images = np.full((2, 33, 31, 3), 9, np.uint8)

    padded = pad_to_multiple(images, 32).numpy()

    assert padded.shape == (2, 64, 32, 3)
    assert (padded[:, :33, :31] == 9).all()
    assert padded.sum() == images.sum()


def test_a_fixed_size_that_fits_is_not_padded():
    @tf.function(input_signature=[tf.TensorSpec((1, 64, 32, 3), tf.uint8)])
    def pad(images):
        return pad_to_multiple(images, 32)

    operations = {
        operation.type for operation in pad.get_concrete_function().graph.get_operations()
    }
    assert not operations & {"ConcatV2", "Pad"}


def test_the_mean_is_that_of_red_green_and_blue():
    pixels = np.array([[[[123, 117, 104], [0, 0, 0]], [[255, 255, 255], [124, 119, 107]]]])

    centred = subtract_mean(tf.cast(pixels, tf.float32)).numpy()

    assert centred.tolist() == [
        [[[0, 0, 0], [-123, -117, -104]], [[132, 138, 151], [1, 2, 3]]],
    ]
