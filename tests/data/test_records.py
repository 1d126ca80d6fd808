"""tfface.data.records: the same records through TensorFlow and without it."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tfface.data.records import (
    Record,
    deserialize,
    parse_record,
    read_records,
    serialize,
    write_shard,
)
from tfface.data.tfrecord import write_frames

TWO_FACES = Record(
    name="0--Parade/größe.jpg",
    encoded=b"\xff\xd8\xff picture",
    height=20,
    width=30,
    boxes=np.array([[1, 2, 3.25, 4], [5, 6, 7, 8]], np.float32),
    ignored=np.array([False, True]),
)
SCORED = replace(TWO_FACES, scores=np.array([0.75, 1.0], np.float32))
ODD_NAME = replace(TWO_FACES, name="caf\udce9.jpg")
"""The byte 0xe9, an e with an accent in Latin-1, which is no UTF-8: as `os.fsdecode` gives it."""

NO_FACES = Record("empty.png", b"\x89PNG", 7, 9, np.zeros((0, 4), np.float32), np.zeros(0, bool))


def assert_equal(got: Record, expected: Record) -> None:
    assert (got.name, got.encoded) == (expected.name, expected.encoded)
    assert (got.height, got.width) == (expected.height, expected.width)
    assert (got.boxes.dtype, got.boxes.shape) == (np.float32, expected.boxes.shape)
    assert (got.ignored.dtype, got.ignored.shape) == (np.bool_, expected.ignored.shape)
    np.testing.assert_array_equal(got.boxes, expected.boxes)
    np.testing.assert_array_equal(got.ignored, expected.ignored)
    assert (got.scores is None) == (expected.scores is None)
    if got.scores is not None:
        np.testing.assert_array_equal(got.scores, expected.scores)


@pytest.mark.parametrize("record", [TWO_FACES, SCORED, ODD_NAME, NO_FACES])
def test_round_trip_of_a_message(record: Record) -> None:
    assert_equal(deserialize(serialize(record)), record)


def test_equal_records_are_equal_bytes() -> None:
    assert serialize(TWO_FACES) == serialize(deserialize(serialize(TWO_FACES)))


def test_round_trip_through_files(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.tfrecord", [serialize(TWO_FACES), serialize(NO_FACES)])
    write_shard(tmp_path / "b.tfrecord", [serialize(TWO_FACES)])
    records = list(read_records([tmp_path / "a.tfrecord", tmp_path / "b.tfrecord"]))
    for got, expected in zip(records, [TWO_FACES, NO_FACES, TWO_FACES], strict=True):
        assert_equal(got, expected)


def test_the_message_is_the_example_of_tensorflow() -> None:
    tf = pytest.importorskip("tensorflow")
    features = tf.train.Example.FromString(serialize(TWO_FACES)).features.feature
    assert features["image/name"].bytes_list.value == [TWO_FACES.name.encode()]
    assert features["image/encoded"].bytes_list.value == [TWO_FACES.encoded]
    assert features["image/height"].int64_list.value == [20]
    assert features["image/width"].int64_list.value == [30]
    assert features["faces/boxes"].float_list.value == [1, 2, 3.25, 4, 5, 6, 7, 8]
    assert features["faces/ignored"].int64_list.value == [0, 1]


@pytest.mark.parametrize("record", [TWO_FACES, SCORED, NO_FACES])
def test_parsing_gives_the_same_eagerly_and_in_a_graph(tmp_path: Path, record: Record) -> None:
    tf = pytest.importorskip("tensorflow")
    eager = parse_record(tf.constant(serialize(record)))
    write_shard(tmp_path / "a.tfrecord", [serialize(record)])
    (graph,) = tf.data.TFRecordDataset(str(tmp_path / "a.tfrecord")).map(parse_record)
    for parsed in (eager, graph):
        assert parsed["encoded"].numpy() == record.encoded
        assert parsed["name"].numpy().decode() == record.name
        assert (parsed["height"], parsed["width"]) == (record.height, record.width)
        assert (parsed["boxes"].dtype, parsed["ignored"].dtype) == (tf.float32, tf.bool)
        assert parsed["boxes"].shape == record.boxes.shape
        np.testing.assert_array_equal(parsed["boxes"], record.boxes)
        scores = np.ones(len(record.boxes)) if record.scores is None else record.scores
        np.testing.assert_array_equal(parsed["scores"], scores)
        np.testing.assert_array_equal(parsed["ignored"], record.ignored)


def test_reading_and_writing_need_no_tensorflow() -> None:
    program = "import sys, tfface.data.records; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_something_else_in_a_frame_is_named_with_its_file(tmp_path: Path) -> None:
    write_frames(tmp_path / "a.tfrecord", [serialize(NO_FACES), b"no message"])
    with pytest.raises(ValueError, match=r"a\.tfrecord: record 1: expected a tf\.train\.Example"):
        list(read_records([tmp_path / "a.tfrecord"]))


def test_a_message_without_our_features() -> None:
    with pytest.raises(ValueError, match=r"one value in image/name\.bytes_list, got 0"):
        deserialize(b"")


def test_boxes_and_flags_of_different_length() -> None:
    odd = Record("a.jpg", b"", 1, 1, np.zeros((2, 4), np.float32), np.zeros(3, bool))
    with pytest.raises(ValueError, match="4 numbers of faces/boxes for each of 3 faces, got 8"):
        deserialize(serialize(odd))
