"""ResNet: shapes, size, and the maps of Keras' own ResNet-50."""

import keras
import numpy as np
import pytest

from tests.parameters import total_parameters
from tfface.backbones.resnet import BLOCKS, ConvolutionUnit, ResNet

PARAMETERS = {
    18: 11_689_512 - 513_000,
    34: 21_797_672 - 513_000,
    50: 25_557_032 - 2_049_000,
    101: 44_549_160 - 2_049_000,
    152: 60_192_808 - 2_049_000,
}
"""Of torchvision, without the classifier: (512 or 2048 + 1) x 1000."""


def picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(1, height, width, 3)).astype(np.float32)


def parameters_by_arithmetic(depth: int) -> int:
    """Kernels, and two values a channel of batch normalisation, convolution by convolution."""
    convolutions = [(7, 3, 64)]
    before = 64
    for stage, blocks in enumerate(BLOCKS[depth]):
        channels = 64 * 2**stage
        after = 4 * channels if depth >= 50 else channels
        for block in range(blocks):
            if depth >= 50:
                convolutions += [(1, before, channels), (3, channels, channels)]
                convolutions += [(1, channels, after)]
            else:
                convolutions += [(3, before, channels), (3, channels, channels)]
            if not block and before != after:
                convolutions += [(1, before, after)]
            before = after
    return sum(
        side * side * inputs * outputs + 2 * outputs for side, inputs, outputs in convolutions
    )


@pytest.mark.parametrize("depth", sorted(BLOCKS))
def test_the_layers_of_every_depth_have_the_known_parameters(depth: int) -> None:
    assert parameters_by_arithmetic(depth) == PARAMETERS[depth]


def test_it_has_those_parameters() -> None:
    backbone = ResNet(18)
    backbone(picture(32, 32))

    assert total_parameters(backbone) == PARAMETERS[18]


@pytest.mark.parametrize("depth", sorted(BLOCKS))
def test_every_depth_has_its_blocks_and_bottlenecks_from_50_on(depth: int) -> None:
    stages = ResNet(depth, width=0.125).stages

    assert tuple(len(stage) for stage in stages) == BLOCKS[depth]
    units = {len(block.units) for stage in stages for block in stage}
    assert units == ({3} if depth >= 50 else {2})


@pytest.mark.parametrize("depth", [18, 50])
def test_maps_have_strides_4_to_32(depth: int) -> None:
    backbone = ResNet(depth, width=0.125)

    outputs = backbone.compute_output_spec(keras.KerasTensor((2, 96, 160, 3)))

    expansion = 4 if depth >= 50 else 1
    # Strides 4, 8, 16 and 32; an eighth of 64 to 512 channels. C5 has odd sides.
    assert {name: tuple(level.shape) for name, level in outputs.items()} == {
        "C2": (2, 24, 40, 8 * expansion),
        "C3": (2, 12, 20, 16 * expansion),
        "C4": (2, 6, 10, 32 * expansion),
        "C5": (2, 3, 5, 64 * expansion),
    }


def test_the_width_multiplies_all_channels() -> None:
    backbone = ResNet(18, width=0.25)
    outputs = backbone(picture(32, 64))

    assert [level.shape[-1] for level in outputs.values()] == [16, 32, 64, 128]
    assert backbone.stem.convolution.filters == 16


@pytest.mark.parametrize("depth", [18, 50])
def test_the_size_of_the_picture_moves_no_map(depth: int) -> None:
    # 192 and 160 pixels are 6 and 5 cells of stride 32: the maps of both are the same but where
    # they see the border.
    backbone = ResNet(depth, width=0.125)
    whole = picture(192, 192)
    outputs, cut = backbone(whole), backbone(whole[:, :160, :160])

    for name, kept in (("C2", 20), ("C3", 6)):
        np.testing.assert_allclose(
            cut[name][:, :kept, :kept], outputs[name][:, :kept, :kept], atol=1e-4
        )


def test_its_maps_are_those_of_keras_with_the_same_weights() -> None:
    keras.utils.set_random_seed(0)
    reference = keras.applications.ResNet50(weights=None, include_top=False)
    layers = {layer.name: layer for layer in reference.layers}
    backbone = ResNet(50)
    backbone(picture(32, 32))
    assert total_parameters(backbone) == PARAMETERS[50]
    units = {"conv1": backbone.stem}
    for stage, blocks in enumerate(backbone.stages, 2):
        for block, residual in enumerate(blocks, 1):
            numbered = enumerate(residual.units, 1)
            units |= {f"conv{stage}_block{block}_{number}": unit for number, unit in numbered}
            if residual.projection:
                units[f"conv{stage}_block{block}_0"] = residual.projection
    for name, unit in units.items():
        # Keras' convolutions have biases, at first 0, which the normalisation after them undoes.
        unit.convolution.kernel.assign(layers[f"{name}_conv"].kernel)
        unit.normalization.set_weights(layers[f"{name}_bn"].get_weights())

    biases = sum(layers[f"{name}_conv"].bias.shape[0] for name in units)
    assert backbone.count_params() == reference.count_params() - biases
    levels = {"C2": "conv2_block3_out", "C3": "conv3_block4_out", "C4": "conv4_block6_out"}
    outputs = [layers[name].output for name in levels.values()]
    expected = keras.Model(reference.input, [*outputs, reference.output])(picture(64, 96))
    found = backbone(picture(64, 96))
    for level, values in zip(found.values(), expected, strict=True):
        scale = float(np.max(np.abs(values)))
        np.testing.assert_allclose(level / scale, values / scale, atol=1e-3)


def test_another_depth_is_refused() -> None:
    with pytest.raises(ValueError, match="a depth of 18, 34, 50, 101, 152, got 20"):
        ResNet(20)


@pytest.mark.parametrize("width", [0.01, 0.0, -1.0])
def test_a_width_that_gives_no_whole_channels_is_refused(width: float) -> None:
    with pytest.raises(ValueError, match=rf"whole numbers of channels, .* got {width}"):
        ResNet(18, width)


def test_a_backbone_comes_back_from_its_config() -> None:
    backbone = ResNet(34, width=0.5)

    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(backbone))

    assert copy.get_config() == backbone.get_config()


@pytest.mark.parametrize("side", [7, 8])
def test_a_projection_trains_on_the_places_that_it_samples(side: int) -> None:
    unit = ConvolutionUnit(16, 1, strides=2)  # of 8 channels: where TensorFlow crashes by itself
    maps = np.random.default_rng(0).normal(size=(2, side, side, 8)).astype(np.float32)
    unit.normalization.trainable = False  # batch normalisation as in inference

    trained, inferred = (unit(maps, training=training) for training in (True, False))

    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(trained), keras.ops.convert_to_numpy(inferred), rtol=1e-4
    )


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the crash was TensorFlow's")
def test_eight_channels_train() -> None:
    import tensorflow as tf

    unit = ConvolutionUnit(16, 1, strides=2)
    maps = tf.random.normal((8, 64, 64, 8), seed=0)
    for _ in range(5):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(unit(maps, training=True) ** 2)
        (gradient,) = tape.gradient(loss, [unit.convolution.kernel])
    assert bool(tf.reduce_all(tf.math.is_finite(gradient)))


@pytest.mark.parametrize("stages", [1, 3])
def test_fewer_stages_are_the_first_of_all(stages: int) -> None:
    whole, part = ResNet(18, width=0.125), ResNet(18, width=0.125, stages=stages)
    pixels = picture(64, 32)
    outputs, found = whole(pixels), part(pixels)

    assert list(found) == ["C2", "C3", "C4", "C5"][:stages]
    assert part.channels == [8, 16, 32, 64][:stages]
    # The rest is not there: neither its layers nor their weights.
    part.set_weights(whole.get_weights()[: len(part.weights)])
    for name, level in part(pixels).items():
        np.testing.assert_allclose(level, outputs[name], atol=1e-5)
    assert ResNet.from_config(part.get_config()).get_config() == part.get_config()


@pytest.mark.parametrize("stages", [0, 5])
def test_a_number_of_stages_that_there_is_not(stages: int) -> None:
    with pytest.raises(ValueError, match=f"expected 1 to 4 stages, got {stages}"):
        ResNet(18, stages=stages)
