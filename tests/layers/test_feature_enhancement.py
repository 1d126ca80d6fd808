"""FEM: a finer map times a coarser one, then three dilated branches."""

import numpy as np
import pytest

from tfface.layers.feature_enhancement import FeatureEnhancement

RANDOM = np.random.default_rng(0)
FINE = RANDOM.normal(size=(1, 16, 24, 6)).astype(np.float32)
COARSE = RANDOM.normal(size=(1, 8, 12, 10)).astype(np.float32)


def test_the_result_has_the_size_of_the_finer_map() -> None:
    enhanced = FeatureEnhancement(8)(FINE, COARSE)

    assert enhanced.shape == (1, 16, 24, 8)
    assert np.min(enhanced) >= 0


def test_it_is_a_product_and_empty_where_either_map_is() -> None:
    layer = FeatureEnhancement(8)
    whole = np.asarray(layer(FINE, COARSE))

    assert whole.any()
    # With batch normalisation as it begins nothing becomes nothing.
    assert not np.any(layer(np.zeros_like(FINE), COARSE))
    assert not np.any(layer(FINE, np.zeros_like(COARSE)))


def test_branches_see_one_two_and_three_cells_far() -> None:
    layer = FeatureEnhancement(8)
    layer(FINE, COARSE)
    fine, coarse = np.zeros_like(FINE), np.abs(COARSE)
    fine[0, 8, 12] = RANDOM.uniform(-5, 5, 6)
    for projection in (layer.fine_projection, layer.coarse_projection):
        kernel = projection.convolution.kernel
        kernel.assign(np.ones(kernel.shape))
    fine[0, 8, 12] = 1.0

    product = layer.fine_projection(fine) * np.ones((1, 16, 24, 8), np.float32)
    for distance, branch in enumerate(layer.branches, 1):
        kernel = branch.convolution.kernel
        kernel.assign(np.ones(kernel.shape))
        seen = np.argwhere(np.asarray(branch(product))[0, ..., 0] > 0)
        assert (np.abs(seen - [8, 12]) <= distance).all()
        assert set(np.ravel(seen - [8, 12])) == {-distance, 0, distance}
    assert np.any(layer(fine, coarse))


def test_branches_are_a_half_and_two_quarters() -> None:
    layer = FeatureEnhancement(16)

    assert [branch.filters for branch in layer.branches] == [8, 4, 4]


@pytest.mark.parametrize("filters", [0, 2, 6])
def test_filters_that_cannot_be_shared_out(filters) -> None:
    with pytest.raises(ValueError, match=f"multiple of 4, got {filters}"):
        FeatureEnhancement(filters)
