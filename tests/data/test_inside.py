"""tfface.data.inside: names of files that may come from anyone."""

from pathlib import Path

import pytest

from tfface.data.inside import resolve_inside


@pytest.mark.parametrize("name", ["a.jpg", "b/a.jpg", "./b/a.jpg", "b\\a.jpg", "..a/b..jpg", "new"])
def test_names_inside(tmp_path: Path, name: str) -> None:
    path = resolve_inside(tmp_path, name, "list.txt")

    assert path.resolve().is_relative_to(tmp_path)
    assert path.name == name.replace("\\", "/").split("/")[-1]


@pytest.mark.parametrize(
    "name",
    ["", ".", "/etc/passwd", "../a.jpg", "b/../../a.jpg", "b\\..\\..\\a", "C:\\a", "C:a", "a\0b"],
)
def test_names_of_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="list.txt: expected the name of a file inside"):
        resolve_inside(tmp_path, name, "list.txt")


def test_links_out_are_refused_and_others_are_followed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "real").mkdir(parents=True)
    (root / "link").symlink_to(root / "real")
    (root / "out").symlink_to(tmp_path)
    (root / "circle").symlink_to(root / "circle")

    assert resolve_inside(root, "link/a.jpg", "list.txt") == root / "link" / "a.jpg"
    for name in ("out/a.jpg", "out", "circle"):
        with pytest.raises(ValueError, match="links to elsewhere"):
            resolve_inside(root, name, "list.txt")


@pytest.mark.parametrize("name", ["a" * 256, "é" * 128, "b/" * 2100 + "a"])
def test_names_longer_than_a_file_can_have_are_refused(tmp_path: Path, name: str) -> None:
    # The second has two bytes a letter.
    with pytest.raises(ValueError, match="list.txt: expected the name of a file of at most 255"):
        resolve_inside(tmp_path, name, "list.txt")
