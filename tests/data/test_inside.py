"""tfface.data.inside: names of files that may come from anyone."""

from pathlib import Path

import pytest

from tfface.data.inside import links_followed, plain_name, resolve_inside, resolve_picture


@pytest.mark.parametrize("name", ["a.jpg", "b/a.jpg", "./b/a.jpg", "b\\a.jpg", "..a/b..jpg", "new"])
def test_names_inside(tmp_path: Path, name: str) -> None:
    path = resolve_inside(tmp_path, name, "list.txt")

    assert path.resolve().is_relative_to(tmp_path)
    assert path.name == name.replace("\\", "/").split("/")[-1]


@pytest.mark.parametrize("name", ["b/a.jpg", "./b/a.jpg", "b//a.jpg", "b\\a.jpg", ".\\b/a.jpg"])
def test_a_name_is_written_in_one_way(tmp_path: Path, name: str) -> None:
    assert plain_name(name) == "b/a.jpg"
    assert tmp_path / plain_name(name) == resolve_inside(tmp_path, name, "list.txt")


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


def test_links_of_a_folder_of_ones_own_may_be_followed(tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "a.jpg").touch()
    root = tmp_path / "some"
    root.mkdir()
    (root / "a.jpg").symlink_to(tmp_path / "all" / "a.jpg")
    (root / "circle").symlink_to(root / "circle")

    with pytest.raises(ValueError, match="are with --follow_links"):
        resolve_picture(root, "a.jpg", "list.txt")
    with links_followed(True):
        assert resolve_picture(root, "a.jpg", "list.txt") == root / "a.jpg"
        for name in ("../all/a.jpg", str(tmp_path / "all" / "a.jpg"), "circle"):
            with pytest.raises(ValueError, match="expected the name of a file inside"):
                resolve_picture(root, name, "list.txt")
        with pytest.raises(ValueError, match="links to elsewhere"):  # what is written stays inside
            resolve_inside(root, "a.jpg", "predictions")


@pytest.mark.parametrize("name", ["a" * 256, "é" * 128, "b/" * 2100 + "a"])
def test_names_longer_than_a_file_can_have_are_refused(tmp_path: Path, name: str) -> None:
    # The second has two bytes a letter.
    with pytest.raises(ValueError, match="list.txt: expected the name of a file of at most 255"):
        resolve_inside(tmp_path, name, "list.txt")
