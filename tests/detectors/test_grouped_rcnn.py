"""GroupedFastRCNN: regions of the first step, judged and moved by a second."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

import tfface
from tfface.anchors import grid_anchors
from tfface.boxes import clip, decode
from tfface.detectors.base import Detector
from tfface.detectors.grouped_rcnn import GroupedFastRCNN, GroupedRCNNRecipe
from tfface.layers.roi_align import roi_align
from tfface.matching import FACE
from tfface.nms import non_max_suppression

SMALL: dict[str, Any] = {"width": 0.125, "filters": 8, "roi_size": 2, "units": 8}
FACES = np.array([[6, 8, 22, 24], [10, 4, 60, 62]], np.float32)
RECIPE: dict[str, Any] = {"proposals": 16, "proposal_samples": 4, "group_samples": 32}


@pytest.fixture(scope="module")
def detector():
    keras.utils.set_random_seed(0)
    detector = GroupedFastRCNN(**SMALL)
    detector.adopt(GroupedRCNNRecipe(**RECIPE))
    for head in detector.heads:  # what is proposed is the anchors
        head.kernel.assign(0.0 * head.kernel)
    return detector


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)


def targets_of(detector, faces=FACES) -> dict[str, np.ndarray]:
    targets = detector.make_targets(64, 64)
    uniform = np.full(targets.uniform_count, 0.5, np.float32)
    made = targets(faces, np.full(len(faces), FACE, np.int32), uniform)
    return {name: np.asarray(value)[None] for name, value in made.items()}


def test_it_is_a_name_of_the_package() -> None:
    assert tfface.GroupedFastRCNN is GroupedFastRCNN


def test_candidates_are_regions_of_the_finest_map_judged_and_moved(detector, images) -> None:
    outputs = detector(images)
    surest, proposed = (each[0] for each in Detector.candidates(detector, outputs, 64, 64, 2000))

    logits, boxes = detector.candidates(outputs, 64, 64, 7)

    # One by one, by the layers themselves.
    expected = []
    regions = np.asarray(clip(proposed, 64, 64))
    for box in regions[non_max_suppression(regions, np.asarray(surest), 0.7, limit=7)]:
        region = roi_align(outputs["features"][0], box[None], 2, 4)
        score, offsets = detector.region_head(region)
        moved = decode(offsets, box[None], detector.box_variances)
        expected.append((float(score[0]), *np.asarray(moved)[0]))
    expected.sort(key=lambda row: -row[0])
    found = np.concatenate([np.asarray(logits)[0][:, None], np.asarray(boxes)[0]], axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def crowded(detector) -> tuple[dict, int]:
    """Outputs over 128x128 where the anchors about two large faces are surer than a small face's.

    And the number of that one.
    """
    anchors = grid_anchors(detector.anchor_levels, 128, 128)
    scores = np.full(len(anchors), -8.0, np.float32)
    for scale, centre, score in ((128, (56, 64), 6.0), (128, (72, 64), 6.0), (16, (22, 22), 4.0)):
        middles, sides = (anchors[:, :2] + anchors[:, 2:]) / 2, anchors[:, 2] - anchors[:, 0]
        away = np.abs(middles - centre).max(axis=1)
        near = (sides == scale) & (away < (30 if scale == 128 else 1))
        scores[near] = score
    (small,) = np.flatnonzero(scores == 4.0)
    assert np.sum(scores > 4.0) > 200
    offsets = np.zeros((1, len(anchors), 4), np.float32)
    features = np.zeros((1, 32, 32, SMALL["filters"]), np.float32)
    return {
        "scores": ops.array(scores[None]),
        "offsets": ops.array(offsets),
        "features": ops.array(features),
    }, int(small)


def test_boxes_about_a_large_face_leave_room_for_a_small_one(detector) -> None:
    outputs, small = crowded(detector)
    face = grid_anchors(detector.anchor_levels, 128, 128)[small]

    _, (boxes,) = detector.candidates(outputs, 128, 128, 60)

    offsets = np.asarray(detector.judge(outputs["features"], face[None, None])[1])
    moved = np.asarray(decode(offsets, face[None, None], detector.box_variances))[0, 0]
    assert np.abs(np.asarray(boxes) - moved).max(axis=1).min() < 0.01


def test_where_little_is_left_the_rest_is_no_face(detector) -> None:
    outputs, _ = crowded(detector)
    everywhere_the_same = {**outputs, "offsets": ops.full(outputs["offsets"].shape, 900.0)}

    scores, _ = detector.candidates(everywhere_the_same, 128, 128, 60)

    left = np.asarray(scores)[0] > -1000
    assert scores.shape == (1, 60)
    assert left[: left.sum()].all()
    assert left.sum() < 60


def test_in_training_they_leave_room_for_a_small_one_too(detector, monkeypatch) -> None:
    outputs, small = crowded(detector)
    monkeypatch.setattr(type(detector), "__call__", lambda *_, **__: outputs)
    targets = detector.make_targets(128, 128)
    none = targets(FACES[:0], np.zeros(0, np.int32), np.full(targets.uniform_count, 0.5))
    made = {name: np.asarray(value)[None] for name, value in none.items()}

    outputs = detector.training_outputs(np.zeros((1, 128, 128, 3), np.uint8), made)

    face = grid_anchors(detector.anchor_levels, 128, 128)[small]
    regions = np.asarray(outputs["regions"])[np.asarray(outputs["proposed"])]
    assert np.abs(regions - face).max(axis=1).min() < 0.01


def test_faces_are_among_the_proposals_and_samples_are_of_every_scale(detector, images) -> None:
    targets = targets_of(detector)

    outputs = detector.training_outputs(images, targets)

    assert outputs["regions"].shape == (1, 16, 4)
    # The largest face first.
    np.testing.assert_allclose(outputs["regions"][0, :2], FACES[::-1])
    assert np.asarray(outputs["proposed"])[0, :2].all()


@pytest.mark.parametrize("sampler", ["group", "random"])
@pytest.mark.parametrize("faces", [FACES, FACES[:0]])
def test_losses_are_finite_with_and_without_faces(detector, images, sampler, faces) -> None:
    detector.adopt(GroupedRCNNRecipe(**RECIPE, proposal_sampler=sampler))
    targets = targets_of(detector, faces)

    outputs = detector.training_outputs(images, targets)
    losses = detector.compute_losses(images, targets, outputs, 0)

    assert set(losses) == set(detector.loss_names)
    assert np.isfinite([float(loss) for loss in losses.values()]).all()
    assert float(losses["region_classification"]) > 0
    assert (float(losses["region_regression"]) > 0) == (len(faces) > 0)


def test_rescaling_is_of_the_scores_that_it_gives(images) -> None:
    keras.utils.set_random_seed(1)
    detector = GroupedFastRCNN(**SMALL)
    before = detector.candidates(detector(images), 64, 64, 7)[0]

    detector.rescale_scores(2.0, 0.5)

    after = detector.candidates(detector(images), 64, 64, 7)[0]
    np.testing.assert_allclose(after, 2.0 * (np.asarray(before) - 0.5), rtol=1e-4, atol=1e-4)


def test_a_region_beyond_the_picture_has_still_a_side(detector, images) -> None:
    outputs = {**detector(images), "offsets": ops.full((1, 1024, 4), 900.0)}

    _, boxes = detector.candidates(outputs, 64, 64, 7)

    assert np.isfinite(boxes).all()


def test_numbers_that_make_no_step_are_refused(detector) -> None:
    with pytest.raises(ValueError, match="roi_size and units of 1 or more, got 0, 8"):
        GroupedFastRCNN(**(SMALL | {"roi_size": 0}))
    with pytest.raises(ValueError, match="proposals of 2 or more.*got 1 and 128"):
        detector.adopt(GroupedRCNNRecipe(proposals=1))
