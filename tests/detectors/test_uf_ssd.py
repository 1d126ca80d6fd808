"""UF-SSD: its maps, its losses, and what masks and masked dropout do to it."""

import itertools
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from tfface.detectors.uf_ssd import UFSSD
from tfface.matching import FACE

SMALL: dict[str, Any] = {"width": 0.0625}
LIGHT: dict[str, Any] = {"width": 0.0625, "backbone": "resnet18"}


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """Two pictures with a bright square, 16 to 48."""
    pictures = np.random.default_rng(0).integers(0, 60, (2, 64, 64, 3)).astype(np.uint8)
    pictures[:, 16:48, 16:48] += 180
    return pictures


@pytest.fixture(scope="module")
def plain() -> UFSSD:
    """Without masks, and nothing that a test may change."""
    return UFSSD(mask_levels=(), **SMALL)


@pytest.fixture(scope="module")
def masked() -> UFSSD:
    """With masks on two levels, and nothing that a test may change."""
    return UFSSD(mask_levels=(0, 3), **SMALL)


def targets_of(detector, seed: int = 0) -> dict:
    targets = detector.make_targets(64, 64)
    face = np.array([[16, 16, 48, 48]], np.float32)
    uniform = np.random.default_rng(seed).random(targets.uniform_count, dtype=np.float32)
    made = targets(face, np.array([FACE]), uniform)
    return {name: np.stack([value] * 2) for name, value in made.items()}


def test_one_square_anchor_of_four_strides_a_cell(plain) -> None:
    assert [level.stride for level in plain.anchor_levels] == [4, 8, 16, 32, 64, 128]
    assert [level.scales for level in plain.anchor_levels] == [
        (16,),
        (32,),
        (64,),
        (128,),
        (256,),
        (512,),
    ]
    # 160² + 80² + 40² + 20² + 10² + 5² anchors at 640x640.
    cells = [level.grid_shape(640, 640) for level in plain.anchor_levels]
    assert sum(rows * columns for rows, columns in cells) == 34_125


@pytest.mark.parametrize("backbone", ["vgg16", "resnet18", "resnet50"])
def test_maps_of_every_backbone_have_those_strides(backbone) -> None:
    detector = UFSSD(backbone, 0.0625, mask_levels=())

    maps = detector.feature_maps(np.zeros((1, 96, 160, 3), np.float32), training=False)

    sizes = [(24, 40), (12, 20), (6, 10), (3, 5), (2, 3), (1, 2)]
    assert [tuple(level.shape[1:3]) for level in maps] == sizes


def test_masks_are_outputs_beside_scores_and_boxes(images, masked) -> None:
    outputs, trained = masked(images), masked(images, training=True)

    # 16 x 16 cells of stride 4, 2 x 2 of stride 32.
    assert outputs["masks"].shape == (2, 256 + 4)
    assert trained["mask_logits"].shape == (2, 256 + 4)
    # A logit just above the threshold keeps a part: see FeatureMask.apply_in_inference.
    masks = np.asarray(outputs["masks"])
    assert masks.min() >= 0.0 and masks.max() <= 1.0
    assert np.mean((masks == 0.0) | (masks == 1.0)) > 0.97


def test_masks_of_a_picture_are_those_of_its_pixels(images, masked) -> None:
    picture = images[0, :40, :50]

    fine, coarse = masked.predict_masks(picture)

    assert fine.shape == coarse.shape == (40, 50) and fine.dtype == bool
    cells = ops.convert_to_numpy(masked(masked.pad(picture)[None])["masks"])[0]
    # Cells of 4 and of 32 pixels of an input of 64 x 64.
    assert fine[39, 49] == (cells[9 * 16 + 12] > 0.5)
    assert coarse[39, 49] == (cells[256 + 3] > 0.5)
    np.testing.assert_array_equal(fine[::4, ::4], cells[:256].reshape(16, 16)[:10, :13] > 0.5)


@pytest.mark.parametrize(("threshold", "is_kept"), [(0.01, True), (0.05, True), (0.2, False)])
def test_cells_are_kept_above_the_threshold(images, threshold: float, is_kept: bool) -> None:
    detector = UFSSD(mask_levels=(0,), mask_threshold=threshold, **SMALL)
    again = UFSSD.from_config(detector.get_config())
    for each in (detector, again):
        predictor = each.feature_masks.of_level(0).predictor
        predictor.kernel.assign(ops.zeros_like(predictor.kernel))
        predictor.bias.assign([np.log(0.9), np.log(0.1)])  # a face by 0.1 everywhere

        assert np.all(np.asarray(each(images)["masks"]) == is_kept)


def test_without_masks_there_is_neither_output_nor_loss(images, plain) -> None:
    assert set(plain(images)) == {"scores", "offsets"}
    assert plain.loss_names == ("classification", "regression")
    with pytest.raises(ValueError, match="trained with --mask_levels, got .* without"):
        plain.predict_masks(images[0])


def test_a_head_sees_nothing_where_the_mask_is_zero(images) -> None:
    detector = UFSSD(mask_levels=(0,), **SMALL)
    layer = detector.feature_masks.of_level(0)
    layer.predictor.bias.assign([5e3, -5e3])  # sure of background everywhere

    outputs = detector(images)

    assert not np.any(outputs["masks"])
    bias = ops.convert_to_numpy(detector.heads[0].bias)
    np.testing.assert_allclose(outputs["scores"][:, :256], bias[1] - bias[0], atol=1e-5)
    np.testing.assert_allclose(outputs["offsets"][0, :256], [bias[2:]] * 256, atol=1e-5)
    assert np.std(outputs["scores"][:, 256:]) > 0


def test_losses_are_those_of_equation_5(images) -> None:
    detector = UFSSD(mask_levels=(), **SMALL)
    detector.adopt(
        UFSSD.recipe_class(negative_ratio=3.0, classification_weight=4.0, detection_weight=0.5)
    )
    targets = targets_of(detector)
    outputs = detector(images, training=True)

    losses = detector.compute_losses(images, targets, outputs)

    labels = targets["labels"]
    difference = np.asarray(outputs["scores"], np.float64)
    each = np.logaddexp(0, np.where(labels == 1, -difference, difference))
    positives = (labels == 1).sum(axis=1)
    assert positives.min() * 3 >= 16  # as many negatives as the ratio gives, not the least number
    hardest = [
        np.sort(losses[of_one == 0])[::-1][: 3 * count].sum()
        for losses, of_one, count in zip(each, labels, positives, strict=True)
    ]
    # lambda 2 times lambda 3 over N_conf, 4 for each positive anchor.
    expected = 0.5 * 4.0 * (each[labels == 1].sum() + sum(hardest)) / (4 * positives.sum())
    assert float(losses["classification"]) == pytest.approx(expected, rel=1e-4)
    distance = np.abs(np.asarray(outputs["offsets"]) - targets["offsets"])[labels == 1]
    smooth = np.where(distance < 1, 0.5 * distance**2, distance - 0.5).sum(-1)
    # lambda 2 over N_loc, the positive ones.
    assert float(losses["regression"]) == pytest.approx(0.5 * smooth.mean(), rel=1e-4)


def test_dropped_cells_are_zero_in_training_and_there_in_inference(images) -> None:
    keras.utils.set_random_seed(0)  # by chance a cell has no feature that is not zero
    detector = UFSSD(mask_levels=(), mask_dropout=0.5, **SMALL)
    targets = targets_of(detector)
    dropped = targets["dropped_masks"].reshape(2, 16, 16).astype(bool)
    assert 0 < dropped.mean() < 0.5
    head = detector.heads[0]
    # A head of the cell alone: what it says of a dropped one is its bias.
    kernel = np.zeros(head.kernel.shape, np.float32)
    kernel[1, 1] = 1.0
    head.kernel.assign(kernel)
    head.bias.assign([0.0, 0.0, 3.0, 3.0, 3.0, 3.0])

    trained = detector.training_outputs(images, targets)
    outputs = detector(images)

    offsets = ops.convert_to_numpy(trained["offsets"])[:, :256].reshape(2, 16, 16, 4)
    assert (offsets[dropped] == 3.0).all() and (offsets[~dropped] != 3.0).all()
    assert (ops.convert_to_numpy(outputs["offsets"])[:, :256] != 3.0).all()


def test_another_seed_drops_other_cells() -> None:
    detector = UFSSD(mask_levels=(), mask_dropout=0.5, **SMALL)

    first, second = (targets_of(detector, seed)["dropped_masks"] for seed in (0, 1))

    assert (first != second).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backbone": "resnet20"}, "backbone of vgg16, resnet18, .* got 'resnet20'"),
        ({"mask_levels": (0, 6)}, r"among 0 \(the finest\) to 5, got 0, 6"),
        ({"mask_dropout": 1.0}, "below 1, got 1.0"),
        ({"mask_dropout": -0.1}, "at least 0 .* got -0.1"),
    ],
)
def test_options_that_make_no_sense(options, message) -> None:
    with pytest.raises(ValueError, match=message):
        UFSSD(**{**LIGHT, **options})


def test_layers_of_one_level_can_be_trained_alone() -> None:
    detector = UFSSD(mask_levels=(0,), feature_enhancement=True, **LIGHT)

    detector.adopt(UFSSD.recipe_class(trained_strides=(4,)))

    names = {variable.path.split("/")[1] for variable in detector.trainable_variables}
    assert names == {"head_stride_4", "feature_masks", "feature_enhancement"} or all(
        "resnet" not in name for name in names
    )
    assert detector.feature_masks.of_level(0).trainable


def test_training_lowers_the_losses(images) -> None:
    keras.utils.set_random_seed(0)
    detector = UFSSD(mask_levels=(0, 1), feature_enhancement=True, mask_dropout=0.1, **SMALL)
    batch = images, targets_of(detector)
    # Eight steps take less than making a graph of one does; test_contract.py compiles it.
    detector.compile(
        keras.optimizers.SGD(5e-3, momentum=0.9, global_clipnorm=10.0), run_eagerly=True
    )

    options = {"steps_per_epoch": 1, "epochs": 8, "shuffle": False, "verbose": 0}
    history = detector.fit((batch for _ in itertools.count()), **options).history

    assert history["loss"][-1] < 0.7 * history["loss"][0]
    assert history["mask"][-1] < history["mask"][0]
