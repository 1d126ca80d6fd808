"""GroupedFPN: anchors of the five detectors, samplers and losses."""

from typing import Any

import keras
import numpy as np
import pytest

import tfface
from tfface.anchors import grid_anchors
from tfface.detectors.faceboxes import FaceBoxesImproved
from tfface.detectors.grouped_fpn import GroupedFPN, GroupedRecipe
from tfface.detectors.refineface import RefineFace
from tfface.layers.batch_normalization import BatchNormalization
from tfface.matching import FACE, AnchorMatcher, TwoPassMatcher

SMALL: dict[str, Any] = {"width": 0.125, "filters": 8}
FACES = np.array([[6, 8, 22, 24], [20, 14, 60, 62]], np.float32)

CELLS = {
    # Over 128x128 pixels: 32, 16, 8 and 4 cells a side at the strides 4 to 32.
    "rpn": 4 * 8**2,
    "fpn": 32**2 + 16**2 + 8**2 + 4**2,
    "finest_stride": 32**2 + 16**2 + 8**2 + 4**2,
    "finest": 4 * 32**2,
}


def images(size: int = 64) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (1, size, size, 3), dtype=np.uint8)


def targets_of(detector, size: int = 64) -> dict[str, np.ndarray]:
    targets = detector.make_targets(size, size)
    uniform = np.full(targets.uniform_count, 0.5, np.float32)
    made = targets(FACES, np.full(len(FACES), FACE, np.int32), uniform)
    return {name: np.asarray(value)[None] for name, value in made.items()}


@pytest.fixture(scope="module")
def finest():
    keras.utils.set_random_seed(0)
    return GroupedFPN(**SMALL)


def test_it_is_a_name_of_the_package() -> None:
    assert tfface.GroupedFPN is GroupedFPN


@pytest.mark.parametrize("variant", CELLS)
def test_every_variant_has_the_anchors_of_its_strides(variant: Any) -> None:
    detector = GroupedFPN(variant=variant, **SMALL)

    outputs = detector(images(128))

    assert outputs["scores"].shape == (1, CELLS[variant])
    sides = np.diff(grid_anchors(detector.anchor_levels, 128, 128)[:, [0, 2]], axis=1)
    assert sorted(set(sides.ravel().tolist())) == [16, 32, 64, 128]


@pytest.mark.parametrize(("feature", "stride"), [("P3", 8), ("P4", 16), ("C3", 8), ("C4", 16)])
def test_all_anchors_may_stand_on_another_map(feature: Any, stride: int) -> None:
    detector = GroupedFPN(feature=feature, **SMALL)

    assert [level.stride for level in detector.anchor_levels] == [stride]
    # No layer that the map does not need.
    assert len(detector.resnet.stages) == {"P": 4, "C": stride // 8 + 1}[feature[0]]


def test_at_1024_pixels_there_are_262144_anchors(finest) -> None:
    assert len(grid_anchors(finest.anchor_levels, 1024, 1024)) == 262_144


def test_coarse_strides_see_the_cell_of_the_finest_map_that_their_anchor_stands_on() -> None:
    strided = GroupedFPN(variant="finest_stride", **SMALL)
    finest, *others = strided.feature_maps(strided.normalize(images()))

    for level, maps in zip(strided.anchor_levels[1:], others, strict=True):
        of_level = grid_anchors([level], 64, 64)
        centres = (of_level[:, :2] + of_level[:, 2:]) / 2
        # A centre is a corner of four cells of 4 pixels, of which this is the last.
        columns, rows = (centres // 4).astype(int).T
        seen = np.asarray(finest)[0, rows, columns]
        np.testing.assert_array_equal(np.reshape(maps, seen.shape), seen)


def test_every_scale_is_sampled_alike_by_groups_alone(finest) -> None:
    def kept(sampler: Any) -> list[int]:
        finest.adopt(GroupedRecipe(sampler=sampler, group_samples=32))
        return [int(np.sum(targets_of(finest)["labels"][0, scale::4] >= 0)) for scale in range(4)]

    assert kept("group") == [32] * 4
    together = kept("random")
    assert sum(together) == 4 * 32
    assert together != [32] * 4
    assert kept("all") != kept("group")


def test_faces_are_matched_in_two_passes_by_the_thresholds_of_the_paper(finest) -> None:
    finest.adopt(GroupedRecipe(sampler="all"))
    assert finest.make_targets(64, 64).matcher == TwoPassMatcher(0.6, 0.4)
    finest.adopt(GroupedRecipe(sampler="all", matching="compensated"))
    assert finest.make_targets(64, 64).matcher == AnchorMatcher(0.6, 0.4)


def test_the_other_choices_are_refused() -> None:
    unknown: Any = "ssd"
    with pytest.raises(ValueError, match="a variant of rpn, fpn, finest_stride, finest, got 'ssd'"):
        GroupedFPN(variant=unknown)
    with pytest.raises(ValueError, match="a feature beside the variant finest alone, got P3"):
        GroupedFPN(variant="rpn", feature="P3")
    with pytest.raises(ValueError, match=r"a backbone of resnet18.*got 'ssd'"):
        GroupedFPN(backbone=unknown)
    with pytest.raises(ValueError, match="filters of 1 or more, got 0"):
        GroupedFPN(filters=0)


def test_normalisation_is_frozen_and_learns_again(finest) -> None:
    layers = [
        part for part in finest.resnet._flatten_layers() if isinstance(part, BatchNormalization)
    ]
    for frozen in (True, False):
        finest.adopt(GroupedRecipe(frozen_normalization=frozen))
        assert {layer.trainable for layer in layers} == {not frozen}


@pytest.fixture(scope="module")
def predicted(finest) -> list[tuple[Any, dict]]:
    """Detectors and what they predict, which no sampler changes.

    With FBI; and RefineFace, whose coarse levels are matched anew within the step.
    """
    keras.utils.set_random_seed(0)
    refining = RefineFace(
        width=0.125,
        filters=8,
        two_step_regression=(5,),
        two_step_classification=(3,),
        receptive_field_enhancement=False,
        feature_supervision=False,
    )
    detectors = (finest, FaceBoxesImproved(width=0.25), refining)
    return [(detector, detector(images(), training=True)) for detector in detectors]


@pytest.mark.parametrize("sampler", ["hard_negatives", "all", "random", "group", "ohem", "focal"])
def test_every_sampler_trains_any_detector_with_anchors(predicted, sampler: Any) -> None:
    for detector, outputs in predicted:
        detector.adopt(
            detector.recipe_class(
                sampler=sampler, group_samples=64, regression_loss="least_square_iou"
            )
        )
        found = detector.compute_losses(images(), targets_of(detector), outputs, 0)
        losses = {name: float(value) for name, value in found.items()}
        assert np.isfinite(list(losses.values())).all()
        assert losses["classification"] > 0
