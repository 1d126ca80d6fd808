"""The training pipeline of the TensorFlow backend: records -> augmented batches with targets.

The batch of step N depends on the records, the seed and N alone, so training can stop and go on
anywhere. With a tf.data service (`train.data_service`) the pictures of an epoch and their
augmentation are the same, but several workers make epochs at the same time, so that their order is
that in which batches come.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import tensorflow as tf

from tfface.data.augmentation import DRAWS, INTERPOLATIONS, Augmentation
from tfface.data.records import parse_record
from tfface.data.soft_labels import draw_faces
from tfface.matching import ABSENT, FACE, IGNORED
from tfface.replicas import WHOLE, Part
from tfface.targets import MakeTargets

SHUFFLE_BUFFER = 4096
"""Records that wait, still encoded, to be drawn from."""

# What decides by tensors says so by `tf.cond`. AutoGraph would look for statements to rewrite in
# all functions that are called, those of Keras too, which takes seconds a pipeline.
_as_it_is = tf.autograph.experimental.do_not_convert


@dataclass(frozen=True)
class DataService:
    """A tf.data service: processes, on other machines too, that make batches.

    Attributes:
        address: of its dispatcher, `host:port`.
        job: a name that the processes of one run have in common; each batch goes to one of them.
    """

    address: str
    job: str

    def distribute(self, batches: tf.data.Dataset) -> tf.data.Dataset:
        """What the workers of the service make of a dataset: each epoch is given to one of them."""
        return batches.apply(
            tf.data.experimental.service.distribute(
                processing_mode=tf.data.experimental.service.ShardingPolicy.DYNAMIC,
                service=f"grpc://{self.address}",
                job_name=self.job,
            )
        )


def training_batches(
    paths: Sequence[str],
    make_targets: MakeTargets,
    augmentation: Augmentation,
    batch_size: int,
    seed: int,
    first_step: int = 0,
    part: Part = WHOLE,
    service: DataService | None = None,
) -> tf.data.Dataset:
    """Endless batches `(images, targets)` from step `first_step` on.

    Images are uint8 `(B, size, size, 3)`, targets those of `make_targets` (of a detector) for that
    size, with a batch axis. Every epoch has each record once, in an order of its own.

    Args:
        paths: of TFRecord files; of a service, paths that its workers can read.
        batch_size: pictures of a step, over all processes and replicas.
        part: what of every step is made: batches of `batch_size` divided by all replicas.
        service: makes the batches elsewhere.

    Raises:
        ValueError: no files, files without records, or a batch size that cannot be divided.
    """
    count = count_records(paths)
    if count == 0:
        raise ValueError(f"Expected TFRecord files with pictures, got none in {list(paths)}.")
    first = first_step * batch_size
    own = part.size(batch_size)
    targets = make_targets(augmentation.size, augmentation.size)

    @_as_it_is
    def epoch_records(epoch):
        # `shuffle` mixes the global seed, which this graph has inherited, into its own one.
        tf.compat.v1.get_default_graph().seed = None
        order = tf.random.experimental.stateless_shuffle(
            tf.constant(sorted(paths)), seed=tf.stack([tf.constant(seed, tf.int64), epoch])
        )
        records = tf.data.TFRecordDataset(order, num_parallel_reads=1)
        records = records.shuffle(SHUFFLE_BUFFER, seed=seed + epoch, reshuffle_each_iteration=False)
        done = tf.where(epoch == first // count, tf.constant(first % count, tf.int64), 0)
        return records.enumerate(start=epoch * count).skip(done)

    @_as_it_is
    def is_own(place, serialized):
        return place % batch_size // own == part.index

    @_as_it_is
    def example(place, serialized):
        record = parse_record(serialized)
        numbers = tf.random.stateless_uniform(
            [len(DRAWS) + targets.uniform_count + 1], seed=[seed, place], alg="philox"
        )
        kinds = tf.where(record["ignored"], IGNORED, FACE)
        boxes, kinds = record["boxes"], draw_faces(kinds, record["scores"], numbers[-1])
        draw = dict(zip(DRAWS, tf.unstack(numbers[: len(DRAWS)]), strict=True))
        patch = augmentation.patch(draw, record["height"], record["width"], boxes, kinds)
        image = training_image(record, patch, draw, augmentation)
        boxes, kinds = augmentation.move_boxes(draw, patch, boxes, kinds)
        present = kinds != ABSENT
        return image, targets(boxes[present], kinds[present], numbers[len(DRAWS) : -1])

    epochs = tf.data.Dataset.range(first // count, tf.int64.max)
    records = epochs.flat_map(epoch_records)
    if part.count > 1 and service is None:
        records = records.filter(is_own)
    batches = records.map(example, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).batch(
        own // part.pieces, drop_remainder=True
    )
    if service is not None:
        batches = batches.apply(service.distribute)
    return batches.prefetch(tf.data.AUTOTUNE)


def count_records(paths: Sequence[str]) -> int:
    """Number of records in TFRecord files."""
    records = tf.data.TFRecordDataset(list(paths))
    return int(records.reduce(0, _as_it_is(lambda total, _: total + 1)))


def training_image(record, patch, draw, augmentation: Augmentation):
    """The training image of a patch, or the picture of nothing that is drawn in its place.

    Args:
        record: of `parse_record`.
        patch: float32 `(3,)` x, y, side: whole numbers.
        draw: the uniform numbers by name, scalars.

    Returns:
        uint8 `(size, size, 3)`.
    """
    return tf.cond(
        augmentation.is_faceless(draw),
        lambda: _to_uint8(augmentation.faceless(draw)),
        lambda: _image_of_patch(record, patch, draw, augmentation),
    )


def _image_of_patch(record, patch, draw, augmentation: Augmentation):
    size, fill = augmentation.size, augmentation.fill(draw)
    pixels, corner = cut_patch(record, patch, size, draw["interpolation"])
    pixels, fill = tf.cond(
        augmentation.distorts(draw),
        lambda: tuple(_to_uint8(augmentation.recolour(draw, x)) for x in (pixels, fill)),
        lambda: (_to_uint8(pixels), _to_uint8(fill)),
    )
    return augmentation.flip(draw, place_on_canvas(pixels, corner, fill, size))


def cut_patch(record, patch, size: int, interpolation):
    """The part of a picture that is in a patch, in pixels of the training image.

    Of a JPEG only that part is decoded; the chrominance of its outermost pixels differs a little
    from that of the whole picture.

    Args:
        record: `encoded`, `height`, `width` of `parse_record`.
        patch: float32 `(3,)` x, y, side: whole numbers.
        size: side of the training image.
        interpolation: number in 0..1 that draws one of `INTERPOLATIONS`.

    Returns:
        float32 `(h, w, 3)`, about 0..255 (bicubic and Lanczos overshoot), and int32 `(2,)`, row and
        column of its upper left pixel in the training image.
    """
    x, y, side = tf.unstack(tf.cast(patch, tf.int32))
    top, left = tf.maximum(y, 0), tf.maximum(x, 0)
    bottom = tf.minimum(y + side, record["height"])
    right = tf.minimum(x + side, record["width"])
    cut = _decode(record["encoded"], tf.stack([top, left, bottom - top, right - left]))

    def enlarged(pixels):
        scaled = tf.cast(pixels, tf.float32) * tf.cast(size, tf.float32) / tf.cast(side, tf.float32)
        return tf.cast(tf.round(scaled), tf.int32)

    target_top, target_left = enlarged(top - y), enlarged(left - x)
    height = tf.maximum(enlarged(bottom - y) - target_top, 1)
    width = tf.maximum(enlarged(right - x) - target_left, 1)
    resizers = [
        lambda method=method: tf.cast(
            tf.image.resize(cut, (height, width), method, antialias=method == "lanczos3"),
            tf.float32,
        )
        for method in INTERPOLATIONS
    ]
    kind = tf.cast(interpolation * len(INTERPOLATIONS), tf.int32)
    corner = tf.stack(
        [tf.minimum(target_top, size - height), tf.minimum(target_left, size - width)]
    )
    return tf.switch_case(kind, resizers), corner


def _decode(encoded, window):
    """Pixels uint8 `(h, w, 3)` of a window (top, left, height, width) of an encoded picture."""

    def decode_all():
        image = tf.io.decode_image(encoded, channels=3, expand_animations=False)
        return image[window[0] : window[0] + window[2], window[1] : window[1] + window[3]]

    return tf.cond(
        tf.io.is_jpeg(encoded),
        lambda: tf.io.decode_and_crop_jpeg(encoded, window, channels=3),
        decode_all,
    )


def _to_uint8(pixels):
    """The nearest whole numbers in 0..255; four times as fast as `tf.round`."""
    return tf.saturate_cast(pixels + 0.5, tf.uint8)


def place_on_canvas(pixels, corner, fill, size: int):
    """Pixels uint8 `(h, w, 3)` at `corner` of a square image of the colour `fill`, `(3,)`."""
    height, width = tf.shape(pixels)[0], tf.shape(pixels)[1]
    below, right = size - corner[0] - height, size - corner[1] - width
    # Differences of uint8 wrap around, and so do sums. Rows are flat: many channels at a time.
    rows = tf.reshape(pixels, (height, 3 * width)) - tf.tile(fill, [width])
    rows = tf.pad(rows, [[corner[0], below], [3 * corner[1], 3 * right]])
    return tf.reshape(rows + tf.tile(fill, [size]), (size, size, 3))
