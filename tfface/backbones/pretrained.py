"""Weights of ImageNet for a ResNet, from Keras or from a file."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np

from tfface.backbones.resnet import ConvolutionUnit, ResNet

IMAGENET = "imagenet"
IN_KERAS = {
    50: keras.applications.ResNet50,
    101: keras.applications.ResNet101,
    152: keras.applications.ResNet152,
}
"""The depths whose weights `keras.applications` has."""

_KERAS_MEAN, _KERAS_DEVIATION = (123.68, 116.779, 103.939), (1.0, 1.0, 1.0)
_KERAS_EPSILON = 1.001e-5
_PYTORCH_MEAN, _PYTORCH_DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
_PYTORCH_EPSILON = 1e-5
"""How pictures of 0..255 were normalised, RGB, and the epsilon of batch normalisation."""

Unit = Mapping[str, np.ndarray]
"""Of a convolution and its normalisation: `kernel`, `gamma`, `beta`, `mean`, `variance`."""


def load_backbone_weights(resnet: ResNet, source: str, pixel_mean: Sequence[float]) -> None:
    """Gives a built ResNet the weights of a classifier.

    Args:
        resnet: of width 1.
        source: `imagenet` for those that `keras.applications` downloads (depths 50, 101, 152); a
            `.h5` file of the same; or a `.npz` file of the arrays of a ResNet of torchvision by
            their names (`numpy.savez(path, **{name: value.numpy() for name, value in
            model.state_dict().items()})`; depths 18 and 34, for deeper ones have their strides
            elsewhere).
        pixel_mean: RGB, what the detector subtracts from pictures in 0..255. Another mean, and a
            standard deviation, go into the first convolution.

    Raises:
        ValueError: a source that does not serve this depth, or weights of another network: the
            first that does not fit is named, with both shapes.
        FileNotFoundError: no such file.
    """
    if source != IMAGENET and not Path(source).is_file():
        raise FileNotFoundError(
            f"expected {IMAGENET}, a .h5 file or a .npz file of weights of a backbone, got "
            f"{source!r}, which is not there"
        )
    if source.endswith(".npz"):
        units = dict(_torchvision_units(resnet, source))
        mean, deviation, epsilon = _PYTORCH_MEAN, _PYTORCH_DEVIATION, _PYTORCH_EPSILON
    else:
        units = dict(_keras_units(resnet, source))
        mean, deviation, epsilon = _KERAS_MEAN, _KERAS_DEVIATION, _KERAS_EPSILON
    targets = dict(named_units(resnet))
    _check_shapes(targets, units, source)
    units["stem"] = _with_input(units["stem"], mean, deviation, pixel_mean)
    for name, unit in targets.items():
        _assign(unit, units[name], epsilon)


def named_units(resnet: ResNet) -> Iterator[tuple[str, ConvolutionUnit]]:
    """Every convolution with its normalisation, as `stem`, `C2.0.1` and `C2.0.projection`.

    The numbers are those of the block in its stage and of the convolution in its block, from 0.
    """
    yield "stem", resnet.stem
    for stage, blocks in enumerate(resnet.stages, 2):
        for block, layer in enumerate(blocks):
            for place, unit in enumerate(layer.units):
                yield f"C{stage}.{block}.{place}", unit
            if layer.projection:
                yield f"C{stage}.{block}.projection", layer.projection


def _keras_units(resnet: ResNet, source: str) -> Iterator[tuple[str, Unit]]:
    if resnet.depth not in IN_KERAS:
        raise ValueError(
            f"expected a ResNet of {', '.join(map(str, IN_KERAS))} layers for weights of "
            f"keras.applications, got {resnet.depth} layers; a .npz file of torchvision's weights "
            "serves 18 and 34"
        )
    try:
        model = IN_KERAS[resnet.depth](
            include_top=False, weights=source, input_shape=(None, None, 3)
        )
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(
            f"expected weights of {IN_KERAS[resnet.depth].__name__} without its top, got {source}: "
            f"{error}"
        ) from error
    layers = {layer.name: layer for layer in model.layers}
    for name, _ in named_units(resnet):
        convolution, normalization = (layers[_keras_name(name, kind)] for kind in ("conv", "bn"))
        kernel, bias = (np.asarray(weight) for weight in convolution.get_weights())
        if name == "stem":
            kernel = kernel[:, :, ::-1]  # Keras gives it BGR
        gamma, beta, mean, variance = (np.asarray(w) for w in normalization.get_weights())
        yield (
            name,
            {
                "kernel": kernel,
                "gamma": gamma,
                "beta": beta,
                "mean": mean - bias,  # ours has no bias
                "variance": variance,
            },
        )


def _keras_name(name: str, kind: str) -> str:
    """`conv3_block1_2_bn` for `C3.0.1`; `..._0_bn` is the projection."""
    if name == "stem":
        return f"conv1_{kind}"
    stage, block, place = name[1:].split(".")
    number = 0 if place == "projection" else int(place) + 1
    return f"conv{stage}_block{int(block) + 1}_{number}_{kind}"


def _torchvision_units(resnet: ResNet, source: str) -> Iterator[tuple[str, Unit]]:
    if resnet.depth in IN_KERAS:
        raise ValueError(
            f"expected a ResNet of 18 or 34 layers for {source}, got {resnet.depth}, whose strides "
            f"torchvision has elsewhere; take --backbone_weights={IMAGENET}"
        )
    with np.load(source) as file:
        arrays = dict(file)
    for name, _ in named_units(resnet):
        convolution, normalization = _torchvision_names(name)
        keys = {
            "kernel": f"{convolution}.weight",
            "gamma": f"{normalization}.weight",
            "beta": f"{normalization}.bias",
            "mean": f"{normalization}.running_mean",
            "variance": f"{normalization}.running_var",
        }
        missing = [key for key in keys.values() if key not in arrays]
        if missing:
            raise ValueError(
                f"expected the arrays of torchvision's resnet{resnet.depth} in {source}, got none "
                f"for {missing[0]}"
            )
        unit = {part: arrays[key] for part, key in keys.items()}
        yield name, {**unit, "kernel": np.transpose(unit["kernel"], (2, 3, 1, 0))}


def _torchvision_names(name: str) -> tuple[str, str]:
    if name == "stem":
        return "conv1", "bn1"
    stage, block, place = name[1:].split(".")
    layer = f"layer{int(stage) - 1}.{block}"
    if place == "projection":
        return f"{layer}.downsample.0", f"{layer}.downsample.1"
    return f"{layer}.conv{int(place) + 1}", f"{layer}.bn{int(place) + 1}"


def _check_shapes(
    targets: Mapping[str, ConvolutionUnit], units: Mapping[str, Unit], source: str
) -> None:
    for name, unit in targets.items():
        expected, got = tuple(unit.convolution.kernel.shape), units[name]["kernel"].shape
        if expected != got:
            raise ValueError(
                f"expected a kernel of {expected} for {name}, got {got} from {source}: weights of "
                "ImageNet fit backbones of width 1 and their own depth alone"
            )


def _with_input(unit: Unit, mean, deviation, pixel_mean) -> Unit:
    """The first convolution for pictures from which `pixel_mean` alone is subtracted.

    Exact but for the margin of the picture, which is the one mean or the other.
    """
    kernel = unit["kernel"] / np.reshape(deviation, (3, 1))
    missing = np.asarray(mean) - np.asarray(pixel_mean)
    constant = np.sum(kernel * np.reshape(missing, (3, 1)), axis=(0, 1, 2))
    return {**unit, "kernel": kernel, "mean": unit["mean"] + constant}


def _assign(unit: ConvolutionUnit, values: Unit, epsilon: float) -> None:
    normalization = unit.normalization
    unit.convolution.kernel.assign(values["kernel"])
    normalization.gamma.assign(values["gamma"])
    normalization.beta.assign(values["beta"])
    normalization.moving_mean.assign(values["mean"])
    normalization.moving_variance.assign(values["variance"] + epsilon - normalization.epsilon)
