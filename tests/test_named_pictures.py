"""What people name for pictures."""

import io
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from tfface.named_pictures import READ_FROM_STANDARD_INPUT, expand, is_video


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.png", "a.png", "below/c.png", "x[1].png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / name), np.zeros((8, 8, 3), np.uint8))
    return tmp_path


def given(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))


def test_files_folders_and_patterns(folder: Path) -> None:
    assert expand([folder, folder / "a.png"]) == ([folder, folder / "a.png"], None)
    assert expand([folder / "?.png"]) == ([folder / "a.png", folder / "b.png"], None)
    names = [path.name for path in expand([folder / "**" / "*.png"])[0]]
    assert sorted(names) == ["a.png", "b.png", "c.png", "x[1].png"]
    assert expand([folder / "x[1].png"]) == ([folder / "x[1].png"], None)  # a file of that name
    assert expand([folder / "*.gif"]) == ([folder / "*.gif"], None)  # which fails by its name


@pytest.mark.parametrize(
    "content",
    [
        b"a.png\nmy pictures/b.png\n",
        b"a.png\0my pictures/b.png\0",
        b"\xef\xbb\xbfa.png\r\n\r\nmy pictures/b.png",
    ],
)
def test_paths_from_standard_input(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    given(monkeypatch, content)

    assert expand([Path("-")]) == ([Path("a.png"), Path("my pictures/b.png")], None)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff"])
def test_a_picture_from_standard_input(monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    content = cv2.imencode(suffix, np.full((8, 8, 3), 10, np.uint8))[1].tobytes()  # 10: a new line
    given(monkeypatch, content)

    assert expand([Path("-")]) == ([READ_FROM_STANDARD_INPUT], content)


def test_a_video_from_standard_input_is_no_list_of_names(monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"\0\0\0\x18ftypisom\0\0\0\0mp41\n.\n"
    given(monkeypatch, content)

    assert expand([Path("-")]) == ([READ_FROM_STANDARD_INPUT], content)


def test_a_list_may_name_files_with_control_characters(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = folder / "a\x1b.png"
    odd.touch()
    given(monkeypatch, f"{odd}\n".encode())

    assert expand([Path("-")]) == ([odd], None)


def test_videos_are_known_by_their_first_bytes(folder: Path) -> None:
    (folder / "film").write_bytes(b"\0\0\0\x18ftypisom\0\0\0\0mp41")

    assert is_video(folder / "film")
    assert not any(map(is_video, (folder / "a.png", folder, folder / "missing")))
