"""RefineFace: its anchors, its modules, what they train and what inference has of them."""

import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

import tfface
from tfface.anchors import grid_anchors
from tfface.detectors.loading import load_detector, save_detector
from tfface.detectors.refineface import RefineFace
from tfface.detectors.refineface_recipe import RefineFaceRecipe
from tfface.losses.focal import sigmoid_focal
from tfface.matching import FACE

PLAIN: dict[str, Any] = {
    "width": 0.125,
    "filters": 8,
    "two_step_regression": (),
    "two_step_classification": (),
    "receptive_field_enhancement": False,
    "feature_supervision": False,
    "margin": 0.0,
}
"""The smallest, without any of the five modules."""

FACES = np.array([[6, 8, 16, 20], [20, 14, 60, 62]], np.float32)


def images(size: int = 64) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, size, size, 3), dtype=np.uint8)


def targets_of(detector, size: int = 64) -> dict:
    made = detector.make_targets(size, size)(
        FACES, np.full(len(FACES), FACE, np.int32), np.zeros(0, np.float32)
    )
    return {name: np.stack([value] * 2) for name, value in made.items()}


@pytest.fixture(scope="module")
def plain():
    keras.utils.set_random_seed(0)
    return RefineFace(**PLAIN)


@pytest.fixture(scope="module")
def full():
    """All modules, but two steps on one level each."""
    keras.utils.set_random_seed(0)
    steps = {"two_step_regression": (5,), "two_step_classification": (3,)}
    others = {"feature_supervision": True, "margin": 15.0}
    return RefineFace(**(PLAIN | steps | others))


@pytest.fixture(scope="module")
def saved(full, tmp_path_factory) -> Path:
    """The file of `full`."""
    path = tmp_path_factory.mktemp("saved") / "full.keras"
    save_detector(full, path)
    return path


def test_it_is_a_name_of_the_package_with_the_modules_of_the_paper() -> None:
    assert tfface.RefineFace is RefineFace


def test_anchors_worked_out_by_hand(plain) -> None:
    # Six levels of 256, 128, 64, 32, 16 and 8 cells a side over 1024 pixels, two anchors each:
    # 2 * (65536 + 16384 + 4096 + 1024 + 256 + 64).
    anchors = grid_anchors(plain.anchor_levels, 1024, 1024)
    assert len(anchors) == 174_720
    # The first: 2 strides of 4 pixels, 1.25 times as high as wide, around (2, 2); the last of the
    # last cell: 2.83 strides of 128, around (960, 960).
    for anchor, side, centre in [(anchors[0], 8, 2), (anchors[-1], 256 * math.sqrt(2), 960)]:
        half_width, half_height = side / math.sqrt(1.25) / 2, side * math.sqrt(1.25) / 2
        expected = np.array([-half_width, -half_height, half_width, half_height]) + centre
        np.testing.assert_allclose(anchor, expected, rtol=1e-5)


def test_losses_are_those_of_the_modules(plain, full) -> None:
    assert plain.loss_names == ("classification", "regression")
    assert full.loss_names == (
        "first_classification",
        "first_regression",
        "classification",
        "regression",
        "supervision",
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backbone": "vgg16"}, "backbone of resnet18, .* got 'vgg16'"),
        ({"filters": 12}, "filters in a multiple of 8, got 12"),
        ({"two_step_regression": (5, 8)}, "levels of two steps among 2, .*, 7, got 5, 8"),
    ],
)
def test_options_that_make_no_network(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RefineFace(**(PLAIN | options))


def test_before_training_every_score_is_the_prior(plain) -> None:
    plain.class_head.kernel.assign(np.zeros(plain.class_head.kernel.shape))
    scores = ops.sigmoid(plain(images())["scores"])
    np.testing.assert_allclose(scores, 0.01, rtol=1e-4)


def test_losses_against_loops_over_what_the_network_says(full) -> None:
    batch, targets = images(), targets_of(full)
    outputs = {
        name: ops.convert_to_numpy(value)
        for name, value in full.training_outputs(batch, targets).items()
    }

    losses = full.compute_losses(batch, targets, outputs)

    levels = np.concatenate(
        [
            np.full(2 * math.prod(level.grid_shape(64, 64)), number)
            for number, level in enumerate(full.anchor_levels, 2)
        ]
    )
    anchors = grid_anchors(full.anchor_levels, 64, 64)
    sides = np.sqrt((anchors[:, 2] - anchors[:, 0]) * (anchors[:, 3] - anchors[:, 1]))
    # First steps, on one level each: 0.7 and 0.3, made in the data stage for both levels together.
    both = levels[np.isin(levels, (3, 5))]
    labels, scores = targets["first_labels"][:, both == 3], outputs["first_scores"]
    total = 0.0
    for label, score, side in zip(
        labels.ravel(), scores.ravel(), np.tile(sides[levels == 3], 2), strict=True
    ):
        if label >= 0:
            total += float(sigmoid_focal(np.array(label), np.float32(score - 15.0 / side)))
    assert float(losses["first_classification"]) == pytest.approx(
        total / max((labels == 1).sum(), 1), rel=1e-4
    )
    labels = targets["first_labels"][:, both == 5]
    distance = np.abs(targets["first_offsets"] - outputs["first_offsets"])[labels == 1]
    smooth = np.where(distance < 1, 0.5 * distance**2, distance - 0.5).sum()
    assert float(losses["first_regression"]) == pytest.approx(
        smooth / max((labels == 1).sum(), 1), rel=1e-4
    )
    # The second step of level 3 has what the first left, with labels of the data stage.
    assert not outputs["remaining"][:, levels == 3].all()
    assert outputs["remaining"][:, levels != 3].all()
    hidden = {**targets, "labels": np.where(outputs["remaining"], targets["labels"], -1)}
    same = full.compute_losses(
        batch, hidden, {**outputs, "remaining": np.ones_like(outputs["remaining"])}
    )
    assert float(losses["classification"]) == pytest.approx(float(same["classification"]), rel=1e-5)
    assert np.isfinite(float(losses["supervision"]))


def test_the_margin_is_for_training_alone_and_may_be_that_of_faces(full) -> None:
    batch, targets = images(), targets_of(full)
    outputs = full.training_outputs(batch, targets)
    before = np.asarray(full(batch)["scores"])
    by_margin: dict[str, float] = {}
    cases: list[tuple[str, float, Any]] = [
        ("none", 0.0, "all"),
        ("all", 15.0, "all"),
        ("faces", 15.0, "faces"),
    ]
    for name, margin, samples in cases:
        full.margin = margin
        full.adopt(RefineFaceRecipe(margin_samples=samples))
        by_margin[name] = float(full.compute_losses(batch, targets, outputs)["classification"])
        np.testing.assert_array_equal(full(batch)["scores"], before)
    full.margin = 15.0
    full.adopt(RefineFaceRecipe())

    # A lower logit costs faces more and background less.
    assert by_margin["faces"] > by_margin["none"]
    assert by_margin["faces"] > by_margin["all"]


def test_feature_supervision_reaches_the_backbone() -> None:
    keras.utils.set_random_seed(0)
    detector = RefineFace(**(PLAIN | {"feature_supervision": True}))
    detector.adopt(RefineFaceRecipe(proposals=8))
    batch, targets = images(), targets_of(detector)
    import tensorflow as tf

    with tf.GradientTape() as tape:
        outputs = detector.training_outputs(batch, targets)
        loss = detector.compute_losses(batch, targets, outputs)["supervision"]
    stem = detector.resnet.stem.convolution.kernel.value
    gradient, of_heads = tape.gradient(loss, [stem, detector.class_head.kernel.value])

    assert np.abs(gradient).max() > 0
    assert of_heads is None
    assert outputs["proposals"].shape == (2, 8, 4)
    # The larger face is the first of the four that may be faces.
    np.testing.assert_allclose(outputs["proposals"][0, 0], FACES[1])


def test_a_saved_detector_has_nothing_of_feature_supervision(full, saved) -> None:
    loaded = load_detector(saved)

    assert not loaded.feature_supervision
    supervisor = full.supervisor.count_params()
    # 8 channels at 3x3: to 4, 2, 1 and 1.
    assert supervisor == 9 * (8 * 4 + 4 * 2 + 2 * 1 + 1 * 1)
    assert sum(math.prod(w.shape) for w in loaded.weights) == sum(
        math.prod(w.shape) for w in full.inference_weights()
    )
    assert full.count_params() - loaded.count_params() == supervisor
    np.testing.assert_allclose(loaded(images())["scores"], full(images())["scores"], atol=1e-5)


def test_rescaled_scores_are_filtered_where_they_were(full, saved) -> None:
    rescaled = load_detector(saved)

    rescaled.rescale_scores(2.0, -1.5)

    expected = 2.0 * (np.asarray(full(images())["scores"]) + 1.5)
    np.testing.assert_allclose(rescaled(images())["scores"], expected, rtol=1e-3, atol=1e-3)


def test_normalisation_is_frozen_where_the_recipe_says_so(plain) -> None:
    trained = len(plain.trainable_variables)
    plain.adopt(RefineFaceRecipe(frozen_normalization=True))
    # 20 convolutions of ResNet-18, of which each has a scale and a shift.
    assert len(plain.trainable_variables) == trained - 2 * 20
    plain.adopt(RefineFaceRecipe())
    assert len(plain.trainable_variables) == trained


def test_it_is_selected_as_in_the_paper(plain) -> None:
    selection = plain.selection
    assert (selection.candidates, selection.max_detections) == (5000, 750)
    assert (selection.score_threshold, selection.iou_threshold) == (0.05, 0.4)


def test_too_few_proposals(plain) -> None:
    with pytest.raises(ValueError, match="proposals of 2 or more, a face among them, got 1"):
        plain.adopt(RefineFaceRecipe(proposals=1))


def test_in_bfloat16_losses_are_about_those_of_float32() -> None:
    losses = {}
    for policy in ("float32", "mixed_bfloat16"):
        keras.utils.set_random_seed(0)
        keras.mixed_precision.set_global_policy(policy)
        try:
            detector = RefineFace(**(PLAIN | {"feature_supervision": True}))
            detector.adopt(RefineFaceRecipe(proposals=8))
            targets = targets_of(detector)
            outputs = detector.training_outputs(images(), targets)
            found = detector.compute_losses(images(), targets, outputs)
        finally:
            keras.mixed_precision.set_global_policy("float32")
        losses[policy] = {name: float(loss) for name, loss in found.items()}
    assert losses["mixed_bfloat16"] == pytest.approx(losses["float32"], rel=0.1)
