"""tfface.backbones.pretrained: weights of ImageNet, whose files stand in for the download."""

import keras
import numpy as np
import pytest

from tests.conftest import SMALL
from tfface.backbones import pretrained
from tfface.backbones.pretrained import load_backbone_weights
from tfface.backbones.resnet import ResNet
from tfface.detectors.faceboxes import FaceBoxes
from tfface.detectors.options import constructor_options
from tfface.detectors.registry import DETECTORS, detector_class
from tfface.detectors.uf_ssd import UFSSD

MEAN = (123.0, 117.0, 104.0)

WIDTH = 0.25
"""Of the ResNet-18 that stands in for torchvision's."""


def built(depth: int, width: float = 1.0) -> ResNet:
    resnet = ResNet(depth, width)
    resnet(np.zeros((1, 32, 32, 3), np.float32))
    return resnet


@pytest.fixture(scope="module")
def resnet50():
    return built(50)


@pytest.fixture(scope="module")
def of_keras(tmp_path_factory):
    """ResNet-50 of Keras with weights in which nothing is 0 or 1 by chance, and its file."""
    keras.utils.set_random_seed(0)
    model = keras.applications.ResNet50(
        include_top=False, weights=None, input_shape=(None, None, 3)
    )
    generator = np.random.default_rng(0)
    for layer in model.layers:
        for weight in layer.weights:
            if weight.name in ("bias", "beta", "moving_mean"):
                weight.assign(generator.normal(0, 0.1, weight.shape))
            if weight.name in ("gamma", "moving_variance"):
                weight.assign(generator.uniform(0.5, 1.5, weight.shape))
    path = tmp_path_factory.mktemp("keras") / "resnet50.weights.h5"
    model.save_weights(path)
    return model, path


def test_the_file_of_keras_gives_its_maps(resnet50, of_keras) -> None:
    model, path = of_keras
    mean = np.array([123.68, 116.779, 103.939], np.float32)
    load_backbone_weights(resnet50, str(path), mean.tolist())
    pixels = np.random.default_rng(1).uniform(0, 255, (1, 64, 64, 3)).astype(np.float32)

    maps = resnet50(pixels - mean)

    expected = np.asarray(model(keras.applications.resnet.preprocess_input(pixels.copy())))
    np.testing.assert_allclose(maps["C5"], expected, rtol=1e-3, atol=1e-3 * expected.max())

    # With another mean it is the same but at the margin, which is that mean.
    first = np.asarray(resnet50.stem(pixels - mean))
    load_backbone_weights(resnet50, str(path), MEAN)
    other = np.asarray(resnet50.stem(pixels - np.array(MEAN, np.float32)))
    np.testing.assert_allclose(other[:, 2:-2, 2:-2], first[:, 2:-2, 2:-2], atol=1e-2)


def test_imagenet_calls_the_loader_of_keras(resnet50, of_keras, monkeypatch) -> None:
    asked = []

    def load(**options):
        asked.append(options["weights"])
        return of_keras[0]

    monkeypatch.setitem(pretrained.IN_KERAS, 50, load)
    resnet50.stem.convolution.kernel.assign(np.zeros((7, 7, 3, 64)))

    load_backbone_weights(resnet50, "imagenet", MEAN)

    assert asked == ["imagenet"]
    assert np.abs(resnet50.stem.convolution.kernel).max() > 0


def torchvision_arrays(resnet: ResNet) -> dict[str, np.ndarray]:
    """The weights of a ResNet-18 by the names and in the layout of torchvision."""
    arrays = {}

    def add(unit, convolution: str, normalization: str) -> None:
        kernel = np.asarray(unit.convolution.kernel)
        arrays[f"{convolution}.weight"] = kernel.transpose(3, 2, 0, 1)
        names = {
            "weight": "gamma",
            "bias": "beta",
            "running_mean": "moving_mean",
            "running_var": "moving_variance",
        }
        for name, ours in names.items():
            arrays[f"{normalization}.{name}"] = np.asarray(getattr(unit.normalization, ours))

    add(resnet.stem, "conv1", "bn1")
    for layer, blocks in enumerate(resnet.stages, 1):
        for block, ours in enumerate(blocks):
            place = f"layer{layer}.{block}"
            for number, unit in enumerate(ours.units, 1):
                add(unit, f"{place}.conv{number}", f"{place}.bn{number}")
            if ours.projection:
                add(ours.projection, f"{place}.downsample.0", f"{place}.downsample.1")
    return arrays


@pytest.fixture(scope="module")
def of_torchvision(tmp_path_factory):
    keras.utils.set_random_seed(1)
    resnet = built(18, WIDTH)
    generator = np.random.default_rng(2)
    resnet.stem.normalization.moving_mean.assign(generator.normal(0, 1, 16))
    path = tmp_path_factory.mktemp("torchvision") / "resnet18.npz"
    np.savez(path, **torchvision_arrays(resnet))  # type: ignore[arg-type]
    return resnet, path


def test_the_arrays_of_torchvision_take_mean_and_deviation_with_them(of_torchvision) -> None:
    given, path = of_torchvision
    resnet = built(18, WIDTH)
    mean, deviation = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)

    load_backbone_weights(resnet, str(path), mean)

    pixels = np.random.default_rng(1).uniform(0, 255, (1, 64, 64, 3)).astype(np.float32)
    expected = given((pixels - np.array(mean, np.float32)) / np.array(deviation, np.float32))
    for name, maps in resnet(pixels - np.array(mean, np.float32)).items():
        np.testing.assert_allclose(maps, expected[name], rtol=1e-3, atol=1e-3)


def test_another_width_is_refused_by_layer_and_shape(of_torchvision) -> None:
    message = r"a kernel of \(7, 7, 3, 8\) for stem, got \(7, 7, 3, 16\) from .*resnet18.npz"
    with pytest.raises(ValueError, match=message):
        load_backbone_weights(built(18, 0.125), str(of_torchvision[1]), MEAN)


def test_a_file_that_lacks_a_layer(of_torchvision, tmp_path) -> None:
    arrays = torchvision_arrays(of_torchvision[0])
    del arrays["layer2.0.downsample.0.weight"]
    np.savez(tmp_path / "less.npz", **arrays)  # type: ignore[arg-type]

    with pytest.raises(ValueError, match="resnet18 .* got none for layer2.0.downsample.0.weight"):
        load_backbone_weights(built(18, WIDTH), str(tmp_path / "less.npz"), MEAN)


def test_depths_that_a_source_has_not(resnet50, of_torchvision, tmp_path) -> None:
    with pytest.raises(ValueError, match=r"of 50, 101, 152 layers .* got 18 layers; a .npz file"):
        load_backbone_weights(of_torchvision[0], "imagenet", MEAN)
    with pytest.raises(ValueError, match="of 18 or 34 layers .* got 50"):
        load_backbone_weights(resnet50, str(of_torchvision[1]), MEAN)
    with pytest.raises(FileNotFoundError, match="expected imagenet, .* got 'nothing.h5'"):
        load_backbone_weights(resnet50, "nothing.h5", MEAN)
    (tmp_path / "damaged.h5").write_bytes(b"no weights")
    with pytest.raises(ValueError, match="weights of ResNet50 without its top, got .*damaged.h5"):
        load_backbone_weights(resnet50, str(tmp_path / "damaged.h5"), MEAN)


def test_a_detector_without_a_resnet_takes_none() -> None:
    with pytest.raises(ValueError, match="a detector on a ResNet, .* got FaceBoxes"):
        FaceBoxes(width=0.5).load_backbone("imagenet")
    with pytest.raises(ValueError, match="a backbone of resnet18, .* imagenet, got vgg16"):
        UFSSD(width=0.0625).load_backbone("imagenet")


@pytest.mark.parametrize("name", sorted(DETECTORS))
def test_every_detector_that_can_have_a_resnet_takes_its_weights(name: str) -> None:
    kind = detector_class(name)
    options = {option.name for option in constructor_options(kind)}
    if not options & {"backbone", "depth"}:
        return
    chosen: dict = {"backbone": "resnet18"} if "backbone" in options else {"depth": 18}

    detector = kind(**{**SMALL[name], **chosen})

    # Those of Keras are of other depths, which is all that it finds wrong.
    with pytest.raises(ValueError, match=r"of 50, 101, 152 layers .* got 18 layers"):
        detector.load_backbone("imagenet")


def test_uf_ssd_has_them_in_its_maps(of_torchvision) -> None:
    source = str(of_torchvision[1])
    detector = UFSSD("resnet18", WIDTH, mask_levels=())
    expected = built(18, WIDTH)
    load_backbone_weights(expected, source, UFSSD.pixel_mean)

    detector.load_backbone(source)

    pixels = np.random.default_rng(0).uniform(-100, 100, (1, 64, 64, 3)).astype(np.float32)
    maps = detector.feature_maps(pixels, training=False)
    for level, of_resnet in zip(maps[:4], expected(pixels).values(), strict=True):
        np.testing.assert_allclose(level, of_resnet, rtol=1e-4, atol=1e-4)
