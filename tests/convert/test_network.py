"""convert.network: the parts of the network that an exported graph has in another form."""

import numpy as np
import pytest
import tensorflow as tf

from convert.network import pad_to_multiple, predict_maps, subtract_mean


def test_the_network_predicts_what_the_detector_does(detector, picture):
    outputs = detector(picture[None], training=False)

    maps = predict_maps(detector, picture[None])
    joined = detector.join(maps)

    np.testing.assert_allclose(joined["scores"], outputs["scores"], atol=1e-4)
    np.testing.assert_allclose(joined["offsets"], outputs["offsets"], atol=1e-4)
    shapes = [level.shape.as_list() for level in maps["scores"]]
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

    centred = subtract_mean(tf.cast(pixels, tf.float32), (123, 117, 104)).numpy()

    assert centred.tolist() == [
        [[[0, 0, 0], [-123, -117, -104]], [[132, 138, 151], [1, 2, 3]]],
    ]


def test_a_mean_of_zero_costs_no_operation():
    pixels = tf.ones((1, 2, 2, 3))

    assert subtract_mean(pixels, (0.0, 0.0, 0.0)) is pixels


def test_all_of_the_network_and_nothing_before_it_is_in_its_scope(detector):
    @tf.function(input_signature=[tf.TensorSpec((1, 32, 32, 3), tf.uint8)], autograph=False)
    def predict(images):
        return predict_maps(detector, images)

    operations = predict.get_concrete_function().graph.get_operations()
    names = {operation.name for operation in operations if operation.type == "Conv2D"}
    heads = [name for name in names if name.startswith(("network/scores/", "network/offsets/"))]
    assert all(name.startswith("network/") for name in names)
    assert len(heads) == 2 * len(detector.heads)
    (subtraction,) = [o.name for o in operations if o.type == "Sub" and "network" not in o.name]
    assert subtraction
