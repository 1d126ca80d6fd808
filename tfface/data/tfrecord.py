"""The framing of TFRecord files, without TensorFlow.

A file is a sequence of frames: the length of the record (uint64), the masked checksum of those
eight bytes (uint32), the record, its masked checksum (uint32), all little-endian; the checksums are
CRC-32C (tensorflow/core/lib/io/record_writer.h).
"""

import functools
import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from tfface.files import atomic_path

_POLYNOMIAL = 0x82F63B78
"""CRC-32C (Castagnoli), bits reversed: RFC 3720, section 12.1."""

_MASK_DELTA = 0xA282EAD8
"""Added by the mask of tensorflow/core/lib/hash/crc32c.h."""

_LANES = 256
"""Parts of a long record whose checksums advance together; a power of two."""


def write_frames(path: str | os.PathLike[str], records: Iterable[bytes]) -> None:
    """Writes the records to the TFRecord file `path`, which appears only when it is complete."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        for record in records:
            length = struct.pack("<Q", len(record))
            file.write(length + struct.pack("<I", masked_crc32c(length)))
            file.write(record + struct.pack("<I", masked_crc32c(record)))


def read_frames(path: str | os.PathLike[str]) -> Iterator[bytes]:
    """The records of a TFRecord file, in order.

    Raises:
        ValueError: the file is cut off or damaged; the message names file and byte offset.
    """
    with Path(path).open("rb") as file:
        offset = 0
        while header := file.read(12):
            if len(header) < 12:
                raise _damage(path, offset, "12 bytes of header", f"{len(header)}")
            _check(path, offset, "length", header[:8], header[8:])
            (length,) = struct.unpack("<Q", header[:8])
            body = file.read(length + 4)
            if len(body) < length + 4:
                raise _damage(path, offset, f"{length + 4} bytes of record", f"{len(body)}")
            _check(path, offset, "record", body[:-4], body[-4:])
            yield body[:-4]
            offset += 12 + len(body)


def masked_crc32c(data: bytes) -> int:
    """The checksum of TFRecord: CRC-32C, rotated right by 15 bits, plus a constant, modulo 2^32."""
    checksum = crc32c(data)
    return ((checksum >> 15 | checksum << 17) + _MASK_DELTA) & 0xFFFFFFFF


def crc32c(data: bytes) -> int:
    """CRC-32C of some bytes (RFC 3720, section 12.1; "123456789" gives 0xE3069283).

    Long data goes in `_LANES` equal lanes that NumPy advances together. A checksum that starts from
    zero is linear, so neighbours join by moving the left one on by the length of the right one.
    """
    table = _byte_table()
    steps = len(data) // _LANES
    if steps < 8:
        return _advance(0xFFFFFFFF, data) ^ 0xFFFFFFFF
    lanes = np.frombuffer(data, np.uint8, steps * _LANES).reshape(_LANES, steps)
    states = np.zeros(_LANES, np.uint32)
    states[0] = 0xFFFFFFFF
    for column in np.ascontiguousarray(lanes.T):
        states = table[(states ^ column) & 0xFF] ^ (states >> np.uint32(8))
    operator = _zeros_operator(steps)
    while len(states) > 1:
        states = _apply(operator, states[0::2]) ^ states[1::2]
        operator = _apply(operator, operator)
    return _advance(int(states[0]), data[steps * _LANES :]) ^ 0xFFFFFFFF


@functools.cache
def _byte_table() -> np.ndarray:
    """uint32 `(256,)`: what a byte turns into when it is shifted out of a checksum."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = (table >> np.uint32(1)) ^ np.where(table & 1, np.uint32(_POLYNOMIAL), np.uint32(0))
    return table


@functools.cache
def _byte_list() -> list[int]:
    return _byte_table().tolist()


def _advance(state: int, data: bytes) -> int:
    table = _byte_list()
    for byte in data:
        state = table[(state ^ byte) & 0xFF] ^ (state >> 8)
    return state


def _apply(operator: np.ndarray, states: np.ndarray) -> np.ndarray:
    """A linear operator, given as uint32 `(32,)` images of the 32 bits, on states uint32 `(n,)`."""
    bits = (states[:, None] >> np.arange(32, dtype=np.uint32)) & np.uint32(1)
    return np.bitwise_xor.reduce(bits * operator, axis=1)


@functools.lru_cache(maxsize=4096)
def _zeros_operator(count: int) -> np.ndarray:
    """The operator that moves a checksum on by `count` zero bytes, by repeated squaring."""
    bits = np.uint32(1) << np.arange(32, dtype=np.uint32)
    result, power = bits, _byte_table()[bits & 0xFF] ^ (bits >> np.uint32(8))
    while count:
        if count & 1:
            result = _apply(power, result)
        power = _apply(power, power)
        count >>= 1
    return result


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
