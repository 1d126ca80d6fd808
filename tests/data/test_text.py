"""tfface.data.text: text of data sets."""

from pathlib import Path

import pytest

from tfface.data.text import read_text


def test_a_mark_and_line_ends_of_windows(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfa\r\n\xc3\xa9\r\n")
    assert read_text(tmp_path / "a.txt") == "a\n\xe9\n"


def test_another_encoding_is_told_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("é".encode("latin1"))
    with pytest.raises(ValueError, match="a.txt: expected text in UTF-8, got other bytes"):
        read_text(tmp_path / "a.txt")
