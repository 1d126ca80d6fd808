"""tfface.jpeg: what is in a JPEG file, and whether its end is."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfface import jpeg

PROGRESSIVE = [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
RESTARTS = [cv2.IMWRITE_JPEG_RST_INTERVAL, 4]


def encode(height: int = 120, width: int = 160, parameters: Sequence[int] = ()) -> bytes:
    """A JPEG file of coloured noise, blurred as photos are."""
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    _, data = cv2.imencode(".jpg", cv2.GaussianBlur(noise, (0, 0), 1.5), parameters)
    return data.tobytes()


def decode(data: bytes) -> np.ndarray | None:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def look_alike(data: bytes) -> bool:
    """Whether both endings of a file show one picture."""
    first, second = map(decode, jpeg.two_endings(data))
    return first is not None and second is not None and np.array_equal(first, second)


def test_components() -> None:
    # SOF0: length 20, 8 bits, 16 x 16, 4 components; behind a comment of two bytes and a fill byte
    frame = b"\xff\xc0\x00\x14\x08\x00\x10\x00\x10\x04" + bytes(12)
    comment = b"\xff\xfe\x00\x04hi"

    assert jpeg.components(b"\xff\xd8" + frame) == 4
    assert jpeg.components(b"\xff\xd8" + comment + b"\xff" + frame) == 4
    assert jpeg.components(encode()) == 3
    assert jpeg.components(b"\xff\xd8\xff") == 0
    assert jpeg.components(b"") == 0


def test_the_end_is_that_of_the_picture() -> None:
    whole = encode()
    thumbnail = encode(16, 16)
    exif = b"\xff\xe1" + (len(thumbnail) + 8).to_bytes(2, "big") + b"Exif\0\0" + thumbnail
    with_thumbnail = whole[:2] + exif + whole[2:]

    assert not jpeg.lacks_end(whole)
    assert not jpeg.lacks_end(whole + b"what a phone appends \xff\xda\x00\x00")
    assert not jpeg.lacks_end(with_thumbnail)
    assert jpeg.lacks_end(whole[:-2])
    assert jpeg.lacks_end(whole[:-1])
    assert jpeg.lacks_end(whole[:-2] + bytes(4096))
    assert jpeg.lacks_end(with_thumbnail[:-2])  # the end marker in it is that of the thumbnail
    assert not jpeg.lacks_end(b"no JPEG")


@pytest.mark.parametrize(
    "parameters",
    [[], PROGRESSIVE, RESTARTS, [*PROGRESSIVE, *RESTARTS]],
    ids=["baseline", "progressive", "restarts", "progressive with restarts"],
)
@pytest.mark.parametrize(
    "cut", [lambda data: data[:-2], lambda data: data[:-1], lambda data: data[:-2] + bytes(4096)]
)
def test_without_its_end_alone_a_picture_is_whole(parameters, cut) -> None:
    whole = encode(parameters=parameters)
    lacking = cut(whole)

    assert look_alike(lacking)
    np.testing.assert_array_equal(decode(jpeg.two_endings(lacking)[0]), decode(whole))


@settings(max_examples=30, deadline=None)
@given(
    missing=st.one_of(st.integers(13, 200), st.integers(200, 4000)),
    padding=st.sampled_from([0, 0, 512]),
    parameters=st.sampled_from([[], RESTARTS]),
)
def test_with_pixels_missing_the_endings_differ(
    missing: int, padding: int, parameters: list[int]
) -> None:
    assert not look_alike(encode(parameters=parameters)[:-missing] + bytes(padding))


def test_a_cut_at_a_restart_is_seen() -> None:
    whole = encode(parameters=RESTARTS)
    at = whole.rindex(b"\xff\xd3")

    assert not look_alike(whole[:at])
    assert not look_alike(whole[: at + 2])


def test_a_header_without_a_picture_has_none() -> None:
    whole = encode()

    assert not look_alike(whole[:300])
    assert not look_alike(b"\xff\xd8\xff")
