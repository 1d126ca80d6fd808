"""Training records: pictures and their faces as TFRecord files of `tf.train.Example`.

The features of a picture with n faces:

    image/encoded   bytes          JPEG or PNG file, upright, 1 or 3 channels of 8 bits
    image/name      bytes          UTF-8 name of the picture in its list, or what else its bytes are
    image/height    int64          pixels
    image/width     int64          pixels
    faces/boxes     float (4 n)    x_min, y_min, x_max, y_max in pixels, face after face
    faces/ignored   int64 (n)      1 for faces that are neither to be found nor background
    faces/scores    float (n)      0..1, how sure the detector was that drew each; none of what
                                   people drew

Writing and `read_records` need no TensorFlow, so a machine without it trains from the same files.
"""

import functools
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from tfface.data.tfrecord import read_frames, write_frames
from tfface.image import check_claim
from tfface.odd_names import ENCODING, ERRORS
from tfface.rgb import Image

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True, eq=False)
class Record:
    """A picture as it is stored.

    Attributes:
        name: the picture as its list names it.
        encoded: the bytes of an upright JPEG or PNG file.
        height: pixels.
        width: pixels.
        boxes: float32 `(n, 4)`, `(x_min, y_min, x_max, y_max)` in pixels, inside the picture.
        ignored: bool `(n,)`.
        scores: float32 `(n,)`, 0..1: in what share of the times that the picture comes each is a
            face (`tfface.data.soft_labels`); None if always.
    """

    name: str
    encoded: bytes
    height: int
    width: int
    boxes: np.ndarray
    ignored: np.ndarray
    scores: np.ndarray | None = None


def decode_picture(record: Record) -> Image:
    """The picture of a record, RGB uint8 `(H, W, 3)`.

    Raises:
        ValueError: it cannot be decoded; the message names it.
    """
    try:
        check_claim(record.encoded)
    except ValueError as error:
        raise ValueError(
            f"The picture of the record {record.name!r} cannot be decoded: {error}"
        ) from error
    image = cv2.imdecode(np.frombuffer(record.encoded, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"The picture of the record {record.name!r} cannot be decoded.")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def serialize(record: Record) -> bytes:
    """The record as a serialized `tf.train.Example`; equal records give equal bytes."""
    example = _example_class()()
    features = example.features.feature
    features["image/encoded"].bytes_list.value.append(record.encoded)
    features["image/name"].bytes_list.value.append(record.name.encode(ENCODING, ERRORS))
    features["image/height"].int64_list.value.append(record.height)
    features["image/width"].int64_list.value.append(record.width)
    features["faces/boxes"].float_list.value.extend(record.boxes.reshape(-1).tolist())
    features["faces/ignored"].int64_list.value.extend(record.ignored.astype(int).tolist())
    if record.scores is not None:
        features["faces/scores"].float_list.value.extend(record.scores.tolist())
    return example.SerializeToString(deterministic=True)


def deserialize(serialized: bytes) -> Record:
    """The record of a serialized `tf.train.Example`.

    Raises:
        ValueError: it is no such message, a feature is missing, or their lengths do not fit.
    """
    example = _example_class()()
    try:
        example.ParseFromString(serialized)
    except DecodeError as error:
        raise ValueError(
            f"expected a tf.train.Example, got {len(serialized)} other bytes"
        ) from error
    features = example.features.feature
    boxes = np.array(features["faces/boxes"].float_list.value, np.float32)
    ignored = np.array(features["faces/ignored"].int64_list.value, bool)
    if len(boxes) != 4 * len(ignored):
        raise ValueError(
            f"expected 4 numbers of faces/boxes for each of {len(ignored)} faces, got {len(boxes)}"
        )
    scores = np.array(features["faces/scores"].float_list.value, np.float32)
    if len(scores) not in (0, len(ignored)):
        raise ValueError(
            f"expected faces/scores of none or all of {len(ignored)} faces, got {len(scores)}"
        )
    return Record(
        name=_single(features, "image/name", "bytes_list").decode(ENCODING, ERRORS),
        encoded=_single(features, "image/encoded", "bytes_list"),
        height=_single(features, "image/height", "int64_list"),
        width=_single(features, "image/width", "int64_list"),
        boxes=boxes.reshape(-1, 4),
        ignored=ignored,
        scores=scores if len(scores) else None,
    )


def write_shard(path: str | os.PathLike[str], examples: Iterable[bytes]) -> None:
    """Writes serialized examples to the file `path`, which appears only when it is complete."""
    write_frames(path, examples)


def read_records(paths: Iterable[str | os.PathLike[str]]) -> Iterator[Record]:
    """The records of several files, file after file, read without TensorFlow.

    Raises:
        FileNotFoundError: a file is missing.
        ValueError: a file is cut off, damaged or holds something else; the message names the file
            and the byte offset, or the number of the record.
    """
    for path in map(Path, paths):
        for number, frame in enumerate(read_frames(path)):
            try:
                record = deserialize(frame)
            except ValueError as error:
                raise ValueError(f"{path}: record {number}: {error}; write it again") from error
            yield record


def parse_record(serialized: "tf.Tensor") -> dict[str, "tf.Tensor"]:
    """Parses a serialized example inside a TensorFlow graph, as in `dataset.map(parse_record)`.

    Args:
        serialized: string scalar.

    Returns:
        `encoded`, a string scalar, the file of the picture; `name`, a string scalar; `height` and
        `width`, int32 scalars; `boxes`, float32 `(n, 4)` in pixels; `ignored`, bool `(n,)`;
        `scores`, float32 `(n,)`, 1 where a record has none.
    """
    import tensorflow as tf

    features = tf.io.parse_single_example(
        serialized,
        {
            "image/encoded": tf.io.FixedLenFeature([], tf.string),
            "image/name": tf.io.FixedLenFeature([], tf.string),
            "image/height": tf.io.FixedLenFeature([], tf.int64),
            "image/width": tf.io.FixedLenFeature([], tf.int64),
            "faces/boxes": tf.io.FixedLenSequenceFeature([4], tf.float32, allow_missing=True),
            "faces/ignored": tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True),
            "faces/scores": tf.io.FixedLenSequenceFeature([], tf.float32, allow_missing=True),
        },
    )
    scores = features["faces/scores"]
    unscored = tf.ones([tf.size(features["faces/ignored"]) - tf.size(scores)])
    return {
        "encoded": features["image/encoded"],
        "name": features["image/name"],
        "height": tf.cast(features["image/height"], tf.int32),
        "width": tf.cast(features["image/width"], tf.int32),
        "boxes": features["faces/boxes"],
        "ignored": tf.cast(features["faces/ignored"], tf.bool),
        "scores": tf.concat([scores, unscored], axis=0),
    }


def _single(features: Mapping[str, Any], name: str, kind: str) -> Any:
    values = getattr(features[name], kind).value
    if len(values) != 1:
        raise ValueError(f"expected one value in {name}.{kind}, got {len(values)}")
    return values[0]


@functools.cache
def _example_class() -> Any:
    """The message class of `tf.train.Example` (tensorflow/core/example/{example,feature}.proto).

    It lives in a descriptor pool of its own, so it does not collide with the one of TensorFlow.
    """
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="tfface/example.proto", package="tfface", syntax="proto3"
    )

    def message(name: str, parent: Any = file.message_type) -> Any:
        return parent.add(name=name)

    def add(
        owner: Any, name: str, number: int, kind: int, *, of: str = "", many: bool = False
    ) -> Any:
        label = field.LABEL_REPEATED if many else field.LABEL_OPTIONAL
        added = owner.field.add(name=name, number=number, type=kind, label=label)
        if of:
            added.type_name = f".tfface.{of}"
        return added

    add(message("BytesList"), "value", 1, field.TYPE_BYTES, many=True)
    add(message("FloatList"), "value", 1, field.TYPE_FLOAT, many=True)
    add(message("Int64List"), "value", 1, field.TYPE_INT64, many=True)

    feature = message("Feature")
    feature.oneof_decl.add(name="kind")
    for number, kind in enumerate(("BytesList", "FloatList", "Int64List"), start=1):
        name = kind.removesuffix("List").lower() + "_list"
        add(feature, name, number, field.TYPE_MESSAGE, of=kind).oneof_index = 0

    features = message("Features")
    entry = message("FeatureEntry", features.nested_type)
    entry.options.map_entry = True
    add(entry, "key", 1, field.TYPE_STRING)
    add(entry, "value", 2, field.TYPE_MESSAGE, of="Feature")
    add(features, "feature", 1, field.TYPE_MESSAGE, of="Features.FeatureEntry", many=True)

    add(message("Example"), "features", 1, field.TYPE_MESSAGE, of="Features")

    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tfface.Example"))
