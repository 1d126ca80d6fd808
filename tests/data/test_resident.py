"""Training data in the memory of an accelerator.

It needs the JAX backend: `tests/test_jax.py` runs this file under it, as does
`KERAS_BACKEND=jax python -m pytest tests/data/test_resident.py`.
"""

import itertools
from dataclasses import replace

import cv2
import keras
import numpy as np
import pytest

from tfface.anchors import AnchorLevel, grid_anchors
from tfface.data.augmentation import DRAWS, FILL, INTERPOLATIONS, Augmentation
from tfface.data.records import Record
from tfface.matching import FACE, AnchorMatcher
from tfface.targets import AnchorTargets

if keras.backend.backend() != "jax":
    pytest.skip("runs under KERAS_BACKEND=jax, in tests/test_jax.py", allow_module_level=True)

import jax
import jax.numpy as jnp

from tfface.boxes import decode
from tfface.data.resident import ResidentData, sample_patch

LEVELS = (AnchorLevel(16, (16, 32)), AnchorLevel(32, (64,)))
PLAIN = Augmentation(size=64, distortion_probability=0.0, grey_probability=0.0)
WITHIN = Augmentation(
    size=64, crop_probability=1.0, distortion_probability=0.0, grey_probability=0.0
)
"""Crops only, which never leave the picture."""


def record(image: np.ndarray, boxes: np.ndarray, name: str = "a") -> Record:
    height, width = image.shape[:2]
    encoded = cv2.imencode(".png", image[..., ::-1])[1].tobytes()
    return Record(name, encoded, height, width, boxes, np.zeros(len(boxes), bool))


@pytest.fixture(scope="module")
def data() -> ResidentData:
    """Six pictures; number n has the colour (40 n, 40 n, 40 n), a size of its own and a face."""
    box = np.array([[10, 10, 40, 40]], np.float32)
    pictures = [np.full((60 + 4 * n, 90 - 5 * n, 3), 40 * n, np.uint8) for n in range(6)]
    return ResidentData([record(image, box) for image in pictures], side=96)


def of_all_anchors(height: int, width: int) -> AnchorTargets:
    return AnchorTargets(LEVELS, height, width, AnchorMatcher())


class TwoNumbers:
    """Targets that are the uniform numbers of a picture."""

    uniform_count = 2

    def __init__(self, height: int, width: int):
        pass

    def __call__(self, boxes, kinds, uniform) -> dict:
        return {"numbers": uniform}


def take(
    data,
    steps: int,
    augmentation=PLAIN,
    batch_size=4,
    seed=0,
    first_step=0,
    make_targets=of_all_anchors,
) -> list:
    batches = data.batches(make_targets, augmentation, batch_size, seed, first_step)
    return list(itertools.islice(batches, steps))


@pytest.fixture(scope="module")
def whole(data) -> list:
    """The first three batches."""
    return take(data, 3)


def assert_same(batches: list, others: list) -> None:
    for (images, targets), (other_images, other_targets) in zip(batches, others, strict=True):
        np.testing.assert_array_equal(images, other_images)
        for name in targets:
            np.testing.assert_array_equal(targets[name], other_targets[name])


def test_batches_are_images_and_the_targets_of_all_anchors(whole) -> None:
    images, targets = whole[0]

    # 4x4 cells of two anchors and 2x2 of one.
    assert (images.shape, images.dtype) == ((4, 64, 64, 3), np.float32)
    assert (targets["labels"].shape, targets["labels"].dtype) == ((4, 36), np.int32)
    assert (targets["offsets"].shape, targets["offsets"].dtype) == ((4, 36, 4), np.float32)


def test_the_same_seed_gives_the_same_batches(data, whole) -> None:
    assert_same(take(data, 3), whole)
    with pytest.raises(AssertionError):
        assert_same(take(data, 3, seed=1), whole)


def test_a_run_goes_on_where_it_stopped(data, whole) -> None:
    # Epochs are six pictures, steps four: step 1 begins in one and ends in the next.
    assert_same(take(data, 2, first_step=1), whole[1:])


def test_every_epoch_has_each_picture_once_in_its_own_order(data) -> None:
    batches = take(data, 9, WITHIN, batch_size=2)

    # A crop of a picture of one colour has that colour.
    numbers = np.concatenate([images[:, 32, 32, 0] for images, _ in batches]) / 40
    epochs = np.round(numbers).astype(int).reshape(3, 6).tolist()
    assert [sorted(epoch) for epoch in epochs] == [list(range(6))] * 3
    assert len({tuple(epoch) for epoch in epochs}) > 1


def test_a_maker_of_targets_has_numbers_of_its_own_for_every_picture(data) -> None:
    batches = take(data, 3, make_targets=TwoNumbers)

    numbers = np.concatenate([targets["numbers"] for _, targets in batches])
    assert numbers.shape == (12, 2)
    assert len(np.unique(numbers)) == 24
    assert np.all((numbers >= 0) & (numbers < 1))
    # They belong to a place in the sequence.
    assert_same(take(data, 1, first_step=2, make_targets=TwoNumbers), batches[2:])


def test_large_pictures_are_reduced_with_their_boxes(square_picture, find_square) -> None:
    image, boxes = square_picture
    data = ResidentData([record(image, boxes)], side=80)

    canvas, sizes, resident_boxes, *_ = (np.asarray(array)[0] for array in data._arrays)

    # 120x160 with a long side of 80: half of everything.
    assert sizes.tolist() == [60, 80]
    np.testing.assert_allclose(resident_boxes, boxes / 2)
    np.testing.assert_allclose(find_square(canvas), boxes[0] / 2, atol=0.5)
    assert data.reduced == 1


def test_a_reduced_picture_is_cut_as_it_was(square_picture, find_square) -> None:
    image, boxes = square_picture
    image, boxes = np.repeat(np.repeat(image, 2, axis=0), 2, axis=1), 2 * boxes
    jitter = replace(
        PLAIN, crop_probability=0.0, expansion_probability=0.0, jitter_minimum=0.5, jitter_maximum=1
    )

    whole, reduced = (
        take(ResidentData([record(image, boxes)], side=side), 1, jitter)[0][0]
        for side in (320, 160)
    )

    # Corners and sides are whole pixels of what is kept, up to two of the other; at most as large.
    squares = [[find_square(picture) for picture in images] for images in (whole, reduced)]
    np.testing.assert_allclose(squares[0], squares[1], atol=3)


def test_smaller_pictures_stay_and_take_no_more_memory(square_picture) -> None:
    image, boxes = square_picture

    data = ResidentData([record(image, boxes), record(image[:80, :90], boxes)])

    assert data.reduced == 0
    assert data._arrays[0].shape == (2, 120, 160, 3)


def test_the_largest_faces_are_matched(square_picture) -> None:
    image, _ = square_picture
    boxes = np.array([[0, 0, 12, 12], [40, 40, 90, 90], [100, 0, 140, 40]], np.float32)

    data = ResidentData([record(image, boxes)], side=160, most_faces=1)

    anchors = grid_anchors(LEVELS, 64, 64)
    for images, targets in take(data, 3, Augmentation(size=64, crop_probability=0.0)):
        for labels, offsets in zip(targets["labels"], targets["offsets"], strict=True):
            found = np.asarray(decode(offsets, anchors))[np.asarray(labels) == FACE]
            assert len(np.unique(np.round(found), axis=0)) <= 1
        assert images.shape[0] == 4


def test_faces_beyond_the_most_are_no_background(unchanged) -> None:
    # 16 faces, each exactly one of the smaller anchors; four of them have a place.
    corners = 16 * np.stack(np.meshgrid(np.arange(4), np.arange(4)), axis=-1).reshape(-1, 2)
    boxes = np.concatenate([corners, corners + 16], axis=1).astype(np.float32)
    crowd = record(np.full((64, 64, 3), 100, np.uint8), boxes)

    data = ResidentData([crowd], side=64, most_faces=4)
    ((_, targets),) = take(data, 1, unchanged, batch_size=1)

    labels = np.asarray(targets["labels"][0])[:32:2]
    assert sorted(labels.tolist()) == [-1] * 12 + [FACE] * 4


def test_targets_are_faces_of_the_image(square_picture, find_square) -> None:
    image, boxes = square_picture
    anchors = grid_anchors(LEVELS, 64, 64)

    ((images, targets),) = take(ResidentData([record(image, boxes)], side=160), 1, batch_size=16)

    for picture, labels, offsets in zip(images, *targets.values(), strict=True):
        found = np.asarray(decode(offsets, anchors))[np.asarray(labels) == FACE]
        if len(found):
            np.testing.assert_allclose(found, [find_square(picture)] * len(found), atol=2)
    assert np.mean(np.any(targets["labels"] == FACE, axis=1)) > 0.8


def test_an_ignored_face_is_neither_face_nor_background(face_and_ignored, unchanged) -> None:
    ((_, targets),) = take(ResidentData([face_and_ignored], side=64), 1, unchanged, batch_size=1)

    labels = np.asarray(targets["labels"][0])
    # 4x4 cells of two anchors: the smaller one of the first cell and of the last is the box itself.
    assert (labels[0], labels[30]) == (FACE, -1)
    assert not np.any(labels[16:] == FACE)


def test_a_face_is_there_as_often_as_its_score_says(face_and_ignored, unchanged) -> None:
    unsure = replace(face_and_ignored, scores=np.array([0.5, 0.5], np.float32))

    ((_, targets),) = take(ResidentData([unsure], side=64), 1, unchanged, batch_size=64)

    # Of 64 draws a half varies by 4. Else the face is background; what is ignored stays so.
    of_face, of_ignored = targets["labels"][:, 0], targets["labels"][:, 30]
    assert 20 < np.sum(of_face == FACE) < 44
    assert np.sum(of_face == FACE) + np.sum(of_face == 0) == 64
    assert (of_ignored == -1).all()


cut_patch = jax.jit(sample_patch, static_argnums=(3, 5))

PATCHES = {
    "enlarged": (40, 20, 50),
    "as it is": (20, 10, 64),
    "reduced": (0, 0, 120),
    "cuts the face": (60, 40, 60),
    "beyond every side": (-70, -60, 250),
    "beyond one corner": (40, 10, 128),
}


@pytest.mark.parametrize("where", PATCHES.values(), ids=PATCHES.keys())
@pytest.mark.parametrize("interpolation", range(len(INTERPOLATIONS)), ids=INTERPOLATIONS)
def test_boxes_follow_pixels(square_picture, find_square, interpolation: int, where) -> None:
    image, boxes = square_picture
    # The picture is the upper left part of a larger array.
    canvas = np.zeros((180, 170, 3), np.uint8)
    canvas[:120, :160] = image
    place = jnp.float32((interpolation + 0.5) / len(INTERPOLATIONS))
    patch = jnp.array(where, jnp.float32)

    cut = cut_patch(canvas, jnp.array([120, 160]), patch, 64, place)

    draw = {**dict.fromkeys(DRAWS, jnp.float32(1.0)), "interpolation": place}
    moved, _ = PLAIN.move_boxes(draw, patch, boxes, np.array([FACE]))
    np.testing.assert_allclose(find_square(cut), np.asarray(moved)[0], atol=1.5)


@pytest.mark.parametrize("interpolation", range(len(INTERPOLATIONS)), ids=INTERPOLATIONS)
def test_outside_the_picture_is_the_mean(interpolation: int) -> None:
    image = np.full((60, 80, 3), 100, np.uint8)
    place = jnp.float32((interpolation + 0.5) / len(INTERPOLATIONS))

    cut = cut_patch(image, jnp.array([60, 80]), jnp.array([-80.0, 0.0, 128.0]), 64, place)

    # The picture begins at 40 of 64 columns and fills 30 of 64 rows.
    np.testing.assert_allclose(cut[:, :40], np.broadcast_to(FILL, (64, 40, 3)), atol=1e-3)
    np.testing.assert_allclose(cut[30:], np.broadcast_to(FILL, (34, 64, 3)), atol=1e-3)
    np.testing.assert_allclose(cut[:30, 40:], np.full((30, 24, 3), 100), atol=1e-3)


def test_outside_the_picture_is_the_colour_given() -> None:
    image = np.full((60, 80, 3), 100, np.uint8)
    patch = jnp.array([-80.0, 0.0, 128.0])

    cut = cut_patch(image, jnp.array([60, 80]), patch, 64, jnp.float32(0.0), (7.0, 8.0, 9.0))

    np.testing.assert_allclose(cut[:, :40], np.broadcast_to([7, 8, 9], (64, 40, 3)), atol=1e-3)
    np.testing.assert_allclose(cut[:30, 40:], np.full((30, 24, 3), 100), atol=1e-3)


def test_pictures_of_nothing_have_no_faces_and_the_others_stay(data) -> None:
    batches = take(data, 10, replace(WITHIN, faceless_probability=0.5))

    labels = np.concatenate([targets["labels"] for _, targets in batches])
    images = np.concatenate([images for images, _ in batches])
    with_faces = np.any(labels == FACE, axis=1)
    # 40 pictures, half of them of nothing: 20, with a standard deviation of 3.2.
    assert 8 < np.sum(with_faces) < 32
    expected = np.concatenate([images for images, _ in take(data, 10, WITHIN)])
    np.testing.assert_array_equal(images[with_faces], expected[with_faces])
    assert np.any(images[~with_faces] != expected[~with_faces])


def test_no_records_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one training record, got none"):
        ResidentData([])


def test_a_picture_that_cannot_be_decoded_is_named() -> None:
    broken = Record("b/c.jpg", b"no", 1, 1, np.zeros((0, 4), np.float32), np.zeros(0, bool))

    with pytest.raises(ValueError, match=r"b/c\.jpg.*cannot be decoded"):
        ResidentData([broken])
