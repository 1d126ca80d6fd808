"""The training pipeline of the TensorFlow backend: records -> augmented, matched batches, in graph mode.

The batch of step N depends on the records, the seed and N alone, so training can stop and go on anywhere.
"""

from collections.abc import Sequence

import tensorflow as tf

from tfface.anchors import AnchorLevel, grid_anchors
from tfface.data.augmentation import DRAWS, FILL, INTERPOLATIONS, Augmentation
from tfface.data.records import parse_record
from tfface.matching import FACE, IGNORED, AnchorMatcher

SHUFFLE_BUFFER = 4096
"""Records that wait, still encoded, to be drawn from."""


def training_batches(
    paths: Sequence[str],
    anchor_levels: Sequence[AnchorLevel],
    matcher: AnchorMatcher,
    augmentation: Augmentation,
    batch_size: int,
    seed: int,
    first_step: int = 0,
) -> tf.data.Dataset:
    """Endless batches `(images, targets)` from step `first_step` on.

    Images are float32 `(B, size, size, 3)` in 0..255, targets `labels` int32 `(B, A)` and `offsets` float32
    `(B, A, 4)` of `AnchorMatcher`. Every epoch has each record once, in an order of its own.

    Raises:
        ValueError: no files, or files without records.
    """
    count = count_records(paths)
    if count == 0:
        raise ValueError(f"Expected TFRecord files with pictures, got none in {list(paths)}.")
    first = first_step * batch_size
    anchors = tf.constant(grid_anchors(anchor_levels, augmentation.size, augmentation.size))

    def epoch_records(epoch):
        order = tf.random.experimental.stateless_shuffle(
            tf.constant(sorted(paths)), seed=tf.stack([tf.constant(seed, tf.int64), epoch])
        )
        records = tf.data.TFRecordDataset(order, num_parallel_reads=1)
        return records.shuffle(SHUFFLE_BUFFER, seed=seed + epoch, reshuffle_each_iteration=False)

    def example(place, serialized):
        record = parse_record(serialized)
        image = tf.io.decode_image(record["encoded"], channels=3, expand_animations=False)
        kinds = tf.where(record["ignored"], IGNORED, FACE)
        numbers = tf.random.stateless_uniform([len(DRAWS)], seed=[seed, place], alg="philox")
        draw = dict(zip(DRAWS, tf.unstack(numbers), strict=True))
        shape = tf.shape(image)
        patch = augmentation.patch(draw, shape[0], shape[1], record["boxes"], kinds)
        image = cut_patch(image, patch, augmentation.size, draw["interpolation"])
        image = augmentation.recolour(draw, image)
        boxes, kinds = augmentation.move_boxes(draw, patch, record["boxes"], kinds)
        return image, matcher(anchors, boxes, kinds)

    epochs = tf.data.Dataset.range(first // count, tf.int64.max)
    return (
        epochs.flat_map(epoch_records)
        .skip(first % count)
        .enumerate(start=first)
        .map(example, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        .batch(batch_size, drop_remainder=True)
        .prefetch(tf.data.AUTOTUNE)
    )


def count_records(paths: Sequence[str]) -> int:
    """Number of records in TFRecord files."""
    return int(tf.data.TFRecordDataset(list(paths)).reduce(0, lambda total, _: total + 1))


def cut_patch(image, patch, size: int, interpolation):
    """The patch of a picture, resized to `size` x `size`, with `FILL` outside the picture.

    Args:
        image: uint8 `(H, W, 3)`.
        patch: float32 `(3,)` x, y, side: whole numbers.
        size: side of the result.
        interpolation: number in 0..1 that draws one of `INTERPOLATIONS`.

    Returns:
        float32 `(size, size, 3)` in 0..255.
    """
    x, y, side = tf.unstack(tf.cast(patch, tf.int32))
    height, width = tf.unstack(tf.shape(image)[:2])
    top, left = tf.maximum(y, 0), tf.maximum(x, 0)
    bottom, right = tf.minimum(y + side, height), tf.minimum(x + side, width)

    def enlarged(pixels):
        scaled = tf.cast(pixels, tf.float32) * tf.cast(size, tf.float32) / tf.cast(side, tf.float32)
        return tf.cast(tf.round(scaled), tf.int32)

    target_top, target_left = enlarged(top - y), enlarged(left - x)
    target_height = tf.maximum(enlarged(bottom - y) - target_top, 1)
    target_width = tf.maximum(enlarged(right - x) - target_left, 1)
    cut = image[top:bottom, left:right]
    kind = tf.cast(interpolation * len(INTERPOLATIONS), tf.int32)
    resized = tf.switch_case(
        kind,
        [
            lambda method=method: tf.image.resize(
                tf.cast(cut, tf.float32),
                (target_height, target_width),
                method=method,
                antialias=method == "lanczos3",
            )
            for method in INTERPOLATIONS
        ],
    )
    fill = tf.constant(FILL)
    canvas = tf.image.pad_to_bounding_box(
        resized - fill,
        tf.minimum(target_top, size - target_height),
        tf.minimum(target_left, size - target_width),
        size,
        size,
    )
    return tf.ensure_shape(canvas, (size, size, 3)) + fill
