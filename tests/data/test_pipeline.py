"""The training pipeline of the TensorFlow backend."""

import itertools
import tempfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import tensorflow as tf

from tfface.anchors import AnchorLevel, grid_anchors
from tfface.boxes import decode
from tfface.data.augmentation import DRAWS, FILL, INTERPOLATIONS, Augmentation
from tfface.data.pipeline import count_records, place_on_canvas, training_batches, training_image
from tfface.data.records import Record, parse_record, serialize, write_shard
from tfface.matching import FACE, AnchorMatcher
from tfface.targets import AnchorTargets

LEVELS = (AnchorLevel(16, (16, 32)), AnchorLevel(32, (64,)))
PLAIN = Augmentation(size=64, distortion_probability=0.0, grey_probability=0.0)
WITHIN = Augmentation(
    size=64, crop_probability=1.0, distortion_probability=0.0, grey_probability=0.0
)
"""Crops only, which never leave the picture."""


def encode_picture(image: np.ndarray, kind: str) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, 95] if kind == ".jpg" else []
    return cv2.imencode(kind, image[..., ::-1], options)[1].tobytes()


def record(image: np.ndarray, boxes: np.ndarray, kind: str = ".png", name: str = "a") -> Record:
    height, width = image.shape[:2]
    encoded = encode_picture(image, kind)
    return Record(name, encoded, height, width, boxes, np.zeros(len(boxes), bool))


@pytest.fixture(scope="module")
def shards(tmp_path_factory) -> list[str]:
    """Ten pictures in two files: number n has the colour (20 n, 20 n, 20 n) and a face."""
    folder = tmp_path_factory.mktemp("records")
    box = np.array([[10, 10, 40, 40]], np.float32)
    pictures = [np.full((60, 80, 3), 20 * number, np.uint8) for number in range(10)]
    for index in range(2):
        examples = [serialize(record(image, box)) for image in pictures[index::2]]
        write_shard(folder / f"{index}.tfrecord", examples)
    return [str(path) for path in sorted(folder.iterdir())]


def of_all_anchors(height: int, width: int) -> AnchorTargets:
    return AnchorTargets(LEVELS, height, width, AnchorMatcher())


class TwoNumbers:
    """Targets that are the uniform numbers of a picture."""

    uniform_count = 2

    def __init__(self, height: int, width: int):
        self.size = [height, width]

    def __call__(self, boxes, kinds, uniform) -> dict:
        return {"numbers": uniform, "size": tf.constant(self.size)}


def take(
    shards,
    steps: int,
    augmentation=PLAIN,
    batch_size=4,
    seed=0,
    first_step=0,
    make_targets=of_all_anchors,
) -> list:
    batches = training_batches(shards, make_targets, augmentation, batch_size, seed, first_step)
    return list(itertools.islice(batches.as_numpy_iterator(), steps))


@pytest.fixture(scope="module")
def whole(shards) -> list:
    """The first ten batches."""
    return take(shards, 10)


def assert_same(batches: list, others: list) -> None:
    for (images, targets), (other_images, other_targets) in zip(batches, others, strict=True):
        np.testing.assert_array_equal(images, other_images)
        for name in targets:
            np.testing.assert_array_equal(targets[name], other_targets[name])


def test_batches_are_bytes_and_the_targets_of_all_anchors(whole) -> None:
    images, targets = whole[0]

    # 4x4 cells of two anchors and 2x2 of one.
    assert (images.shape, images.dtype) == ((4, 64, 64, 3), np.uint8)
    assert (targets["labels"].shape, targets["labels"].dtype) == ((4, 36), np.int32)
    assert (targets["offsets"].shape, targets["offsets"].dtype) == ((4, 36, 4), np.float32)


def test_the_same_seed_gives_the_same_batches(shards) -> None:
    augmentation = Augmentation(size=64)
    first = take(shards, 5, augmentation)

    assert_same(take(shards, 5, augmentation), first)
    with pytest.raises(AssertionError):
        assert_same(take(shards, 5, augmentation, seed=1), first)


def test_a_run_that_is_killed_leaves_no_file_of_autograph(shards, tmp_path, monkeypatch) -> None:
    # AutoGraph writes what it rewrites, and removes it when the process ends of itself.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    take(shards, 1, replace(PLAIN, faceless_probability=0.5))

    assert not list(tmp_path.iterdir())


def test_the_global_seed_does_not_matter(shards, whole) -> None:
    for global_seed in (0, 1):
        tf.random.set_seed(global_seed)
        assert_same(take(shards, 10), whole)


@pytest.mark.parametrize("first_step", [1, 2, 7])
def test_a_run_goes_on_where_it_stopped(shards, whole, first_step: int) -> None:
    # Epochs are ten pictures, steps four: step 2 begins in one and ends in the next.
    assert_same(take(shards, 3, first_step=first_step), whole[first_step : first_step + 3])


def test_every_epoch_has_each_record_once_in_its_own_order(shards) -> None:
    batches = take(shards, 15, WITHIN, batch_size=2)

    # A crop of a picture of one colour has that colour.
    numbers = np.concatenate([images[:, 32, 32, 0] for images, _ in batches]) / 20
    epochs = np.round(numbers).astype(int).reshape(3, 10).tolist()
    assert [sorted(epoch) for epoch in epochs] == [list(range(10))] * 3
    assert epochs[0] != epochs[1] != epochs[2]


def test_the_order_of_the_files_given_does_not_matter(shards, whole) -> None:
    assert_same(take(shards[::-1], 10), whole)


def test_targets_are_faces_of_the_image(tmp_path, square_picture, find_square) -> None:
    image, boxes = square_picture
    write_shard(tmp_path / "a.tfrecord", [serialize(record(image, boxes, ".jpg"))])
    anchors = grid_anchors(LEVELS, 64, 64)

    ((images, targets),) = take([str(tmp_path / "a.tfrecord")], 1, PLAIN, batch_size=16)

    for picture, labels, offsets in zip(images, *targets.values(), strict=True):
        found = np.asarray(decode(offsets, anchors))[labels == FACE]
        assert len(found)
        np.testing.assert_allclose(found, [find_square(picture)] * len(found), atol=2)


def test_a_maker_of_targets_has_numbers_of_its_own_for_every_picture(shards) -> None:
    batches = take(shards, 3, make_targets=TwoNumbers)

    numbers = np.concatenate([targets["numbers"] for _, targets in batches])
    assert numbers.shape == (12, 2)
    assert len(np.unique(numbers)) == 24
    assert np.all((numbers >= 0) & (numbers < 1))
    assert batches[0][1]["size"].tolist() == [[64, 64]] * 4
    # They belong to a place in the sequence, and take nothing from the augmentation.
    assert_same(take(shards, 1, first_step=2, make_targets=TwoNumbers), batches[2:])
    for (images, _), (others, _) in zip(batches, take(shards, 3), strict=True):
        np.testing.assert_array_equal(images, others)


def test_an_ignored_face_is_neither_face_nor_background(
    tmp_path, face_and_ignored, unchanged
) -> None:
    write_shard(tmp_path / "a.tfrecord", [serialize(face_and_ignored)])

    ((_, targets),) = take([str(tmp_path / "a.tfrecord")], 1, unchanged, batch_size=1)

    (labels,) = targets["labels"]
    # 4x4 cells of two anchors: the smaller one of the first cell and of the last is the box itself.
    assert (labels[0], labels[30]) == (FACE, -1)
    assert not np.any(labels[16:] == FACE)


def test_a_face_is_there_as_often_as_its_score_says(tmp_path, face_and_ignored, unchanged) -> None:
    unsure = replace(face_and_ignored, scores=np.array([0.5, 0.5], np.float32))
    write_shard(tmp_path / "a.tfrecord", [serialize(unsure)])

    ((_, targets),) = take([str(tmp_path / "a.tfrecord")], 1, unchanged, batch_size=64)

    # Of 64 draws a half varies by 4. Else the face is background; what is ignored stays so.
    of_face, of_ignored = targets["labels"][:, 0], targets["labels"][:, 30]
    assert 20 < np.sum(of_face == FACE) < 44
    assert np.sum(of_face == FACE) + np.sum(of_face == 0) == 64
    assert (of_ignored == -1).all()


def draws(interpolation: str, flip: bool) -> dict:
    place = (INTERPOLATIONS.index(interpolation) + 0.5) / len(INTERPOLATIONS)
    numbers = {"interpolation": place, "flip": 0.0 if flip else 1.0}
    return {name: tf.constant(numbers.get(name, 1.0)) for name in DRAWS}


@tf.function(reduce_retracing=True, autograph=False)
def cut_and_move(serialized, patch, numbers, boxes):
    """The training image of a patch and the boxes in it, in graph mode."""
    moved, _ = PLAIN.move_boxes(numbers, patch, boxes, tf.ones(tf.shape(boxes)[:1], tf.int32))
    return training_image(parse_record(serialized), patch, numbers, PLAIN), moved


PATCHES = {
    "enlarged": (40, 20, 50),
    "as it is": (20, 10, 64),
    "reduced": (0, 0, 120),
    "cuts the face": (60, 40, 60),
    "beyond every side": (-70, -60, 250),
    "beyond one corner": (40, 10, 128),
}


@pytest.mark.parametrize("kind", [".png", ".jpg"])
@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("where", PATCHES.values(), ids=PATCHES.keys())
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_boxes_follow_pixels(square_picture, find_square, interpolation, where, flip, kind) -> None:
    image, boxes = square_picture
    serialized = tf.constant(serialize(record(image, boxes, kind)))
    patch = tf.constant(where, tf.float32)

    cut, moved = cut_and_move(serialized, patch, draws(interpolation, flip), tf.constant(boxes))

    np.testing.assert_allclose(find_square(cut.numpy()), moved[0], atol=1.5)


def test_outside_the_picture_is_the_mean(square_picture) -> None:
    image, boxes = square_picture
    parsed = parse_record(serialize(record(image, boxes)))

    cut = training_image(parsed, (-100.0, 0.0, 128.0), draws("nearest", flip=False), PLAIN)

    # The picture begins at 50 of 64 columns and fills 60 of 64 rows.
    np.testing.assert_array_equal(cut[:, :50], np.broadcast_to(FILL, (64, 50, 3)))
    np.testing.assert_array_equal(cut[60:], np.broadcast_to(FILL, (4, 64, 3)))
    np.testing.assert_array_equal(cut[:60, 50:], np.full((60, 14, 3), 100))


def test_outside_the_picture_is_the_colour_drawn(square_picture) -> None:
    image, boxes = square_picture
    parsed = parse_record(serialize(record(image, boxes)))
    black = draws("nearest", flip=False) | {"fills": tf.constant(0.0), "fill": tf.constant(0.0)}

    cut = training_image(parsed, (-100.0, 0.0, 128.0), black, replace(PLAIN, fill_probability=0.5))

    np.testing.assert_array_equal(cut[:, :50], np.zeros((64, 50, 3)))
    np.testing.assert_array_equal(cut[:60, 50:], np.full((60, 14, 3), 100))


def test_pictures_of_nothing_have_no_faces_and_the_others_stay(shards) -> None:
    batches = take(shards, 10, replace(WITHIN, faceless_probability=0.5))

    labels = np.concatenate([targets["labels"] for _, targets in batches])
    images = np.concatenate([images for images, _ in batches])
    with_faces = np.any(labels == FACE, axis=1)
    # 40 pictures, half of them of nothing: 20, with a standard deviation of 3.2.
    assert 8 < np.sum(with_faces) < 32
    expected = np.concatenate([images for images, _ in take(shards, 10, WITHIN)])
    np.testing.assert_array_equal(images[with_faces], expected[with_faces])
    assert np.any(images[~with_faces] != expected[~with_faces])


def test_bytes_on_a_canvas_wrap_around_to_themselves() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 2, 3)).astype(np.uint8)

    canvas = place_on_canvas(tf.constant(pixels), (1, 4), tf.constant([7, 200, 255], tf.uint8), 8)

    expected = np.broadcast_to(np.array([7, 200, 255], np.uint8), (8, 8, 3)).copy()
    expected[1:4, 4:6] = pixels
    np.testing.assert_array_equal(canvas, expected)


def test_a_grey_jpeg_becomes_rgb() -> None:
    encoded = cv2.imencode(".jpg", np.full((60, 80), 77, np.uint8))[1].tobytes()
    grey = Record("grey", encoded, 60, 80, np.zeros((0, 4), np.float32), np.zeros(0, bool))

    cut = training_image(
        parse_record(serialize(grey)), (0.0, 0.0, 60.0), draws("nearest", flip=False), WITHIN
    )

    np.testing.assert_array_equal(cut, np.full((64, 64, 3), 77))


def test_eager_and_graph_are_equal(square_picture) -> None:
    image, boxes = square_picture
    serialized = serialize(record(image, boxes, ".jpg"))

    def training_example(numbers):
        parsed = parse_record(serialized)
        draw = dict(zip(DRAWS, tf.unstack(numbers), strict=True))
        augmentation = Augmentation(size=64)
        patch = augmentation.patch(draw, 120, 160, boxes, np.array([FACE]))
        moved, kinds = augmentation.move_boxes(draw, patch, boxes, np.array([FACE]))
        targets = AnchorMatcher()(grid_anchors(LEVELS, 64, 64), moved, kinds)
        return training_image(parsed, patch, draw, augmentation), targets["labels"]

    in_graph = tf.function(training_example, autograph=False)
    for seed in range(4):
        numbers = np.random.default_rng(seed).uniform(size=len(DRAWS)).astype(np.float32)
        graph, eager = in_graph(numbers), training_example(tf.constant(numbers))

        # One grey level where a half is rounded after another order of operations.
        np.testing.assert_allclose(eager[0].numpy().astype(int), graph[0].numpy(), atol=1)
        np.testing.assert_array_equal(eager[1], graph[1])


def test_records_are_counted(shards) -> None:
    assert count_records(shards) == 10


def test_no_records_is_an_error(tmp_path: Path) -> None:
    write_shard(tmp_path / "empty.tfrecord", [])

    with pytest.raises(ValueError, match="Expected TFRecord files with pictures"):
        take([str(tmp_path / "empty.tfrecord")], 1)
