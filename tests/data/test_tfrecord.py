"""tfface.data.tfrecord: the frames that TensorFlow writes and reads, and damage to them."""

from pathlib import Path

import pytest

from tfface.data.tfrecord import masked_crc32c, read_frames, write_frames

RECORDS = [b"", b"face", bytes(range(256)) * 30]


def test_the_mask_of_an_empty_record() -> None:
    # 0 rotated is 0; the constant is left
    assert masked_crc32c(b"") == 0xA282EAD8


def test_the_mask_of_a_published_checksum() -> None:
    # RFC 3720: "123456789" has 0xE3069283. Rotated right by 15 bits it is 0x2507C60D, which is
    # 0xE3069283 >> 15 = 0x1C60D and (0xE3069283 << 17) mod 2^32 = 0x25060000; plus the constant.
    assert masked_crc32c(b"123456789") == (0x2507C60D + 0xA282EAD8) % 2**32


def test_round_trip(tmp_path: Path) -> None:
    write_frames(tmp_path / "records", RECORDS)
    assert list(read_frames(tmp_path / "records")) == RECORDS


def test_a_file_without_records_is_empty(tmp_path: Path) -> None:
    write_frames(tmp_path / "records", [])
    assert list(read_frames(tmp_path / "records")) == []


def test_tensorflow_reads_what_is_written_and_writes_what_is_read(tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    write_frames(tmp_path / "ours", RECORDS)
    with tf.io.TFRecordWriter(str(tmp_path / "theirs")) as writer:
        for record in RECORDS:
            writer.write(record)
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()


# "face" is framed as 8 bytes of length, 4 of checksum, 4 of record, 4 of checksum: 20 bytes.
@pytest.mark.parametrize(
    ("length", "message"),
    [
        (25, "byte 20: expected 12 bytes of header, got 5"),
        (33, "byte 20: expected 8 bytes of record, got 1"),
        (39, "byte 20: expected 8 bytes of record, got 7"),
    ],
)
def test_a_file_that_is_cut_off(tmp_path: Path, length: int, message: str) -> None:
    path = tmp_path / "records"
    write_frames(path, [b"face", b"face"])
    path.write_bytes(path.read_bytes()[:length])
    frames = read_frames(path)
    assert next(frames) == b"face"
    with pytest.raises(ValueError, match=f"records: damaged record at {message}"):
        next(frames)


@pytest.mark.parametrize(("at", "part"), [(20, "length"), (28, "length"), (32, "record")])
def test_a_changed_byte(tmp_path: Path, at: int, part: str) -> None:
    path = tmp_path / "records"
    write_frames(path, [b"face", b"face"])
    damaged = bytearray(path.read_bytes())
    damaged[at] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match=f"at byte 20: expected checksum 0x.* of the {part}, got"):
        list(read_frames(path))
