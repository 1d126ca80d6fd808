"""The unit that every network is made of."""

import keras
import numpy as np
import pytest

from tfface.layers.convolution import ConvBlock


def picture(height: int = 9, width: int = 7, channels: int = 3) -> np.ndarray:
    generator = np.random.default_rng(0)
    return generator.normal(size=(1, height, width, channels)).astype(np.float32)


def test_strides_round_up() -> None:
    assert ConvBlock(5, 3, strides=2)(picture(9, 7)).shape == (1, 5, 4, 5)


@pytest.mark.parametrize(("kernel_size", "strides"), [(3, 2), (5, 2), (7, 4), (1, 2)])
def test_odd_and_even_sides_are_sampled_at_the_same_places(kernel_size: int, strides: int) -> None:
    block = ConvBlock(4, kernel_size, strides=strides, padding="as_even")
    whole = np.asarray(block(picture(16, 24)))
    same = ConvBlock(4, kernel_size, strides=strides)
    same(picture(16, 24))  # makes its weights
    same.set_weights(block.get_weights())
    # At sides that the stride divides it is "same" padding.
    np.testing.assert_allclose(whole, same(picture(16, 24)), atol=1e-6)

    for cut in range(1, strides):
        part = np.asarray(block(picture(16, 24)[:, : 16 - cut, : 24 - cut]))
        # Sizes are rounded up; the last row and column see the missing pixels.
        assert part.shape == whole.shape
        np.testing.assert_allclose(part[:, :-2, :-2], whole[:, :-2, :-2], atol=1e-6)


@pytest.mark.parametrize(("kernel_size", "strides"), [(3, 2), (5, 2), (7, 4)])
def test_symmetric_padding_has_as_much_before_as_behind(kernel_size: int, strides: int) -> None:
    block = ConvBlock(4, kernel_size, strides=strides, padding="symmetric")
    inputs = picture(16, 24)

    outputs = np.asarray(block(inputs))

    # The first cell sees the first (kernel_size + 1) / 2 pixels, behind that many zeros.
    margin = (kernel_size - 1) // 2
    window = np.pad(inputs, ((0, 0), (margin, 0), (margin, 0), (0, 0)))[
        0, :kernel_size, :kernel_size
    ]
    first = np.einsum("ijc,ijco->o", window, np.asarray(block.convolution.kernel))
    expected = np.maximum(first / np.sqrt(1 + 1e-3), 0)  # of a normalisation that saw nothing
    assert outputs.shape == (1, 16 // strides, 24 // strides, 4)
    np.testing.assert_allclose(outputs[0, 0, 0], expected, atol=1e-5)


def test_outputs_are_not_negative() -> None:
    assert np.min(ConvBlock(4, 3)(picture())) == 0


def test_crelu_has_the_negatives_beside_the_maps() -> None:
    # C.ReLU: relu(x) and relu(-x), so their difference is the map and one of them is zero.
    block = ConvBlock(4, 3, crelu=True)

    outputs = np.asarray(block(picture()))

    assert outputs.shape[-1] == 8
    maps = np.asarray(block.normalization(block.convolution(picture())))
    np.testing.assert_allclose(outputs[..., :4] - outputs[..., 4:], maps, atol=1e-6)
    assert not np.any(outputs[..., :4] * outputs[..., 4:])


def test_a_convolution_in_front_of_a_normalization_has_no_bias() -> None:
    block = ConvBlock(4, 3)
    block(picture())

    # 3x3x3 kernels of 4 filters; scale and shift of 4 channels.
    assert sum(np.size(variable) for variable in block.trainable_variables) == 108 + 8


def test_a_block_comes_back_from_its_config() -> None:
    block = ConvBlock(6, 5, strides=2, crelu=True, name="first")

    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(block))

    assert copy.get_config() == block.get_config()
    assert copy(picture()).shape == block(picture()).shape
