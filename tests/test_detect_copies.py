"""python -m tfface.detect: no copy takes the place of a file of the user, or of another copy."""

import json
from pathlib import Path

import pytest

from tests.detecting import save, status
from tests.films import save_film
from tfface.annotated import is_annotated
from tfface.data.yolo import read_yolo
from tfface.image import read_image


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_crop_leaves_a_picture_of_the_user(tmp_path: Path, tflite_file: Path) -> None:
    save(tmp_path / "IMG.bmp")
    save(tmp_path / "IMG-1.png", 50, 70)
    before = files_of(tmp_path)
    command = [tmp_path, "--crops", tmp_path, "--model", tflite_file]

    assert status(*command) == 0

    after = files_of(tmp_path)
    assert before.items() <= after.items()
    assert after.keys() - before.keys() == {"IMG-2-1.png", "IMG-1-1.png"}
    assert status(*command) == 0
    assert files_of(tmp_path) == after  # a second run finds its own again


def test_crops_and_annotated_pictures_share_a_folder(tmp_path: Path, tflite_file: Path) -> None:
    pictures = [save(tmp_path / "in" / name) for name in ("a.png", "a-1.png")]
    out = tmp_path / "out"

    assert status(*pictures, "--model", tflite_file, "--output", out, "--crops", out) == 0

    shapes = {path.name: read_image(path).shape[:2] for path in out.iterdir()}
    assert shapes == {
        "a.png": (40, 60),
        "a-1.png": (40, 60),
        "a-2-1.png": (3, 3),
        "a-1-1.png": (3, 3),
    }


@pytest.mark.parametrize("is_searched", [False, True])
def test_an_annotated_film_leaves_films(
    tmp_path: Path, tflite_file: Path, is_searched: bool
) -> None:
    films = [save_film(tmp_path / "clip.avi"), save_film(tmp_path / "clip.mp4", frames=5)]
    before = files_of(tmp_path)
    named = films if is_searched else films[:1]
    command = [*named, "--model", tflite_file, "--output", tmp_path, "--json", tmp_path / "a.json"]

    for _ in range(2):  # the second replaces the copies of the first
        assert status(*command) == 0

        after = files_of(tmp_path)
        results = json.loads(after.pop("a.json"))["pictures"]
        copies = {"clip-2.mp4", "clip-3.mp4"} if is_searched else {"clip-2.mp4"}
        assert [len(result["frames"]) for result in results] == [3, 5][: len(named)]
        assert before.items() <= after.items()
        assert after.keys() - before.keys() == copies
        assert all(is_annotated(tmp_path / name) for name in copies)


def test_labels_made_or_corrected_by_hand_stay(tmp_path: Path, tflite_file: Path) -> None:
    pictures = [save(tmp_path / "in" / f"{name}.png") for name in "ab"]
    labels = tmp_path / "labels"
    labels.mkdir()
    (labels / "a.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    command = [*pictures, "--model", tflite_file, "--yolo", labels]

    assert status(*command) == 0
    assert status(*command, "--threshold", 0.2) == 0

    assert (labels / "a.txt").read_text() == "0 0.5 0.5 0.1 0.1\n"
    for name in ("a-2.txt", "b.txt"):  # of the second run, which finds one face more
        assert len((labels / name).read_text().splitlines()) == 2
    assert len(list(labels.glob("*.txt"))) == 3
    (labels / "b.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    assert status(*command) == 0
    assert (labels / "b.txt").read_text() == "0 0.5 0.5 0.1 0.1\n"
    assert (labels / "b-2.txt").is_file()


def test_labels_lie_in_the_same_folders_as_their_pictures(
    tmp_path: Path, tflite_file: Path
) -> None:
    for name in ("a.png", "one/a.png", "two/deep/a.png"):
        save(tmp_path / "in" / name)
    command = [tmp_path / "in", "--model", tflite_file, "--yolo", tmp_path / "labels"]

    for _ in range(2):  # the second replaces the labels of the first
        assert status(*command) == 0
        labels = {str(p.relative_to(tmp_path)) for p in (tmp_path / "labels").rglob("*.txt")}
        assert labels == {"labels/a.txt", "labels/one/a.txt", "labels/two/deep/a.txt"}

    samples, report = read_yolo(tmp_path / "labels", tmp_path / "in")
    assert [len(sample.boxes) for sample in samples] == [1, 1, 1] and not report.dropped()


def test_a_result_is_not_replaced_by_a_copy(tmp_path: Path, tflite_file: Path) -> None:
    picture, out = save(tmp_path / "a.png"), tmp_path / "out"

    code = status(picture, "--model", tflite_file, "--yolo", out, "--csv", out / "a.txt")

    assert code == 0
    assert (out / "a.txt").read_text().startswith("file_name,")
    assert (out / "a-2.txt").read_text().startswith("0 ")


def test_two_results_need_two_files(
    tmp_path: Path, tflite_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = save(tmp_path / "a.png")
    (tmp_path / "link").symlink_to("same")

    for name in ("same", "link"):
        arguments = ["--csv", tmp_path / "same", "--jsonl", tmp_path / name]
        assert status(picture, "--model", tflite_file, *arguments) == 2
        assert "expected a file of its own for --" in capsys.readouterr().err
    assert not (tmp_path / "same").exists()
    nowhere = ["--csv", "/dev/null", "--jsonl", "/dev/null"]
    assert status(picture, "--model", tflite_file, *nowhere) == 0
