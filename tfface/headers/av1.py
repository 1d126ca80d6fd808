"""Sizes of frames in an AV1 stream (AV1 Bitstream & Decoding Process Specification, 5.3 to 5.5)."""

from collections.abc import Iterator

_SEQUENCE_HEADER = 1
_LONGEST = 512
"""Bytes of a sequence header: 32 operating points of at most 88 bits, and some."""


def frame_sizes(stream: bytes) -> Iterator[tuple[int, int]]:
    """Width and height that no frame may exceed, by every sequence header of a stream.

    It ends where the stream is cut short or is none, as a decoder does.
    """
    place = 0
    while place < len(stream):
        header = stream[place]
        place += 2 if header & 0b100 else 1  # with an extension
        length = len(stream) - place
        if header & 0b10:
            length, place = _leb128(stream, place)
        if header & 0x80 or length < 0 or place + length > len(stream):
            return
        if header >> 3 == _SEQUENCE_HEADER:
            try:
                yield _frame_size(_Bits(stream[place : place + min(length, _LONGEST)]))
            except IndexError:
                return
        place += length


def _leb128(data: bytes, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, and the place after it; -1 where it is cut short."""
    value = 0
    for number, byte in enumerate(data[place : place + 8]):
        value |= (byte & 0x7F) << (7 * number)
        if not byte & 0x80:
            return value, place + number + 1
    return -1, place


class _Bits:
    """Reads numbers of any number of bits; raises IndexError at the end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def read(self, bits: int) -> int:
        self._left -= bits
        if self._left < 0:
            raise IndexError("a sequence header that is cut short")
        return (self._value >> self._left) & ((1 << bits) - 1)

    def skip_variable(self) -> None:
        """uvlc(): so many zeros, a one, and as many bits again."""
        zeros = 0
        while not self.read(1):
            zeros += 1
        self.read(zeros if zeros < 32 else 0)


def _frame_size(bits: _Bits) -> tuple[int, int]:
    """sequence_header_obu() until max_frame_height_minus_1."""
    bits.read(4)  # profile, still_picture
    if bits.read(1):  # reduced_still_picture_header
        bits.read(5)
    else:
        _skip_operating_points(bits)
    width_bits, height_bits = bits.read(4) + 1, bits.read(4) + 1
    return bits.read(width_bits) + 1, bits.read(height_bits) + 1


def _skip_operating_points(bits: _Bits) -> None:
    delay_bits = 0
    if bits.read(1):  # timing_info_present_flag
        bits.read(64)
        if bits.read(1):  # equal_picture_interval
            bits.skip_variable()
        if bits.read(1):  # decoder_model_info_present_flag
            delay_bits = bits.read(5) + 1
            bits.read(42)
    has_initial_delay = bits.read(1)
    for _ in range(bits.read(5) + 1):
        bits.read(12)
        if bits.read(5) > 7:  # seq_level_idx
            bits.read(1)
        if delay_bits and bits.read(1):
            bits.read(2 * delay_bits + 1)
        if has_initial_delay and bits.read(1):
            bits.read(4)
