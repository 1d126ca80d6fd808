"""tfface.reasons: an error in words."""

import cv2
import numpy as np
import pytest

from tfface.reasons import message_of, printable, reason_of


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("expected 1,\n  got 2"), "expected 1, got 2"),
        (RuntimeError(""), "RuntimeError, which gives no reason"),
        (MemoryError(), "not enough memory"),
        (MemoryError("Unable to allocate 1 GiB"), "not enough memory: Unable to allocate 1 GiB"),
        (FileNotFoundError(2, "No such file or directory", "a.jpg"), "No such file or directory"),
        (OSError("told in words."), "told in words"),
    ],
)
def test_reasons(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason


def test_opencv_says_what_and_not_where_in_its_source() -> None:
    image = np.zeros((1, 1, 3), np.uint8)
    with pytest.raises(cv2.error) as no_memory:
        cv2.resize(image, (2_000_000, 2_000_000))
    with pytest.raises(cv2.error) as no_size:
        cv2.resize(image, (0, 0))

    # 2,000,000 x 2,000,000 pixels of 3 bytes; the second error must not change the first
    assert reason_of(no_memory.value) == (
        "not enough memory: Failed to allocate 12000000000000 bytes"
    )
    assert reason_of(no_size.value) == "inv_scale_x > 0"
    assert reason_of(cv2.error("made elsewhere")) == "made elsewhere"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Café 写真.jpg", "Café 写真.jpg"),
        ("a\x1b[2J\x07.jpg", r"a\x1b[2J\x07.jpg"),
        ("two\nlines", "two lines"),
        ("right\u202eto left", r"right\u202eto left"),
        ("\udcff", r"\udcff"),
    ],
)
def test_nothing_steers_a_terminal(text: str, line: str) -> None:
    assert printable(text) == line


def test_the_file_of_a_system_error_is_named() -> None:
    assert message_of(OSError(28, "No space left on device", "a.json")) == (
        "a.json: No space left on device"
    )
    assert message_of(OSError("expected a folder")) == "expected a folder"
    assert message_of(MemoryError()) == "not enough memory"
