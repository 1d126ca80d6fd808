"""The framing of TFRecord files, without TensorFlow.

A file is a sequence of frames: the length of the record (uint64), the masked checksum of those
eight bytes (uint32), the record, its masked checksum (uint32), all little-endian; the checksums are
CRC-32C (tensorflow/core/lib/io/record_writer.h).
"""

import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

import google_crc32c

from tfface.files import atomic_path

_MASK_DELTA = 0xA282EAD8
"""Added by the mask of tensorflow/core/lib/hash/crc32c.h."""


def write_frames(path: str | os.PathLike[str], records: Iterable[bytes]) -> None:
    """Writes the records to the TFRecord file `path`, which appears only when it is complete."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        for record in records:
            file.write(frame(record))


def frame(record: bytes) -> bytes:
    """A record with its length and checksums."""
    length = struct.pack("<Q", len(record))
    checksums = (struct.pack("<I", masked_crc32c(part)) for part in (length, record))
    return length + next(checksums) + record + next(checksums)


def read_frames(path: str | os.PathLike[str]) -> Iterator[bytes]:
    """The records of a TFRecord file, in order.

    Raises:
        ValueError: the file is cut off or damaged; the message names file and byte offset.
    """
    with Path(path).open("rb") as file:
        offset, size = 0, os.fstat(file.fileno()).st_size
        while header := file.read(12):
            if len(header) < 12:
                raise _damage(path, offset, "12 bytes of header", f"{len(header)}")
            _check(path, offset, "length", header[:8], header[8:])
            (length,) = struct.unpack("<Q", header[:8])
            left = size - file.tell()
            if length + 4 > left:
                raise _damage(path, offset, f"{length + 4} bytes of record", f"{left}")
            body = file.read(length + 4)
            if len(body) < length + 4:
                raise _damage(path, offset, f"{length + 4} bytes of record", f"{len(body)}")
            _check(path, offset, "record", body[:-4], body[-4:])
            yield body[:-4]
            offset += 12 + len(body)


def masked_crc32c(data: bytes) -> int:
    """The checksum of TFRecord: CRC-32C, rotated right by 15 bits, plus a constant, modulo 2^32."""
    checksum = google_crc32c.value(data)
    return ((checksum >> 15 | checksum << 17) + _MASK_DELTA) & 0xFFFFFFFF


def _check(
    path: str | os.PathLike[str], offset: int, part: str, data: bytes, stored: bytes
) -> None:
    (expected,), got = struct.unpack("<I", stored), masked_crc32c(data)
    if got != expected:
        raise _damage(path, offset, f"checksum {expected:#010x} of the {part}", f"{got:#010x}")


def _damage(path: str | os.PathLike[str], offset: int, expected: str, got: str) -> ValueError:
    return ValueError(
        f"{path}: damaged record at byte {offset}: expected {expected}, got {got}; "
        "write the file again"
    )
