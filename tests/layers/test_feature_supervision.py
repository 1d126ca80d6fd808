"""tfface.layers.feature_supervision: the two types of Table 8."""

import numpy as np
import pytest

from tfface.layers.feature_supervision import FeatureSupervision


@pytest.mark.parametrize(
    ("kind", "parameters"), [("convolution", 387_360), ("fully_connected", 829_472)]
)
def test_parameters_are_those_of_the_paper(kind, parameters: int) -> None:
    layer = FeatureSupervision(kind)
    layer.build((None, 5, 5, 256))

    assert layer.count_params() == parameters


@pytest.mark.parametrize("kind", ["convolution", "fully_connected"])
def test_one_logit_a_proposal(kind) -> None:
    features = np.random.default_rng(0).normal(size=(7, 5, 5, 128)).astype(np.float32)

    logits = np.asarray(FeatureSupervision(kind)(features))

    assert logits.shape == (7,)
    assert len(np.unique(logits)) == 7


def test_the_map_of_logits_is_averaged() -> None:
    layer = FeatureSupervision()
    layer.build((None, 3, 3, 8))
    # Of 8 channels 4, 2, 1 and 1: every kernel hands on the cell itself of its first channel.
    for convolution in layer.layers:
        kernel = np.zeros(convolution.kernel.shape, np.float32)
        kernel[1, 1, 0, 0] = 1.0
        convolution.kernel.assign(kernel)
    features = np.zeros((1, 3, 3, 8), np.float32)
    features[0, :, :, 0] = np.arange(9).reshape(3, 3)

    assert np.asarray(layer(features)).tolist() == [4.0]


def test_another_kind() -> None:
    with pytest.raises(ValueError, match="convolution or fully_connected, got 'attention'"):
        FeatureSupervision("attention")  # type: ignore[arg-type]
