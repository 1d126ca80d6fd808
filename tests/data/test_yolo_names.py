"""tfface.data.yolo_names: what the classes of a folder of labels are called."""

from pathlib import Path

import pytest

from tests.data.layouts import write_yolo
from tfface.data.readers import READERS
from tfface.data.yolo_names import class_names

TWO = {"0": "person", "1": "face"}


@pytest.mark.parametrize(
    "text",
    [
        "names: [person, face]\n",
        "path: ../data # where\nnames: ['person', \"face\"]  # two\nnc: 2\n",
        "nc: 2\nnames:\n  - person\n  - face\ntrain: images/train\n",
        "names:\n- person\n- face\n",
        "names:\n# ours\n  - person\n# - hat\n  - face\n# the number\nnc: 2\n",
        "names:\n  0: person\n  1: face  # ours\n\nnc: 2\n",
        "names: {0: person, 1: face}\n",
        "names: [\n  person,\n  face,\n]\nnc: 2\n",
    ],
)
@pytest.mark.parametrize("place", ["", "labels", "labels/train"])
def test_names_of_a_data_set(tmp_path: Path, text: str, place: str) -> None:
    (tmp_path / "data.yaml").write_text(text)
    (tmp_path / place).mkdir(parents=True, exist_ok=True)

    assert class_names(tmp_path / place) == TWO


@pytest.mark.parametrize("file", ["classes.txt", "obj.names"])
@pytest.mark.parametrize("place", ["", "labels", "labels/train"])
def test_a_name_a_line(tmp_path: Path, file: str, place: str) -> None:
    (tmp_path / file).write_text("person\nface\n")
    (tmp_path / place).mkdir(parents=True, exist_ok=True)

    assert class_names(tmp_path / place) == TWO


@pytest.mark.parametrize("near", ["classes.txt", "data.yaml"])
@pytest.mark.parametrize("far", ["classes.txt", "data.yaml"])
def test_the_nearest_names_count(tmp_path: Path, near: str, far: str) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / far).write_text("names: [cat]")
    (tmp_path / "labels" / near).write_text(
        {"classes.txt": "person\nface\n", "data.yaml": "names: [person, face]"}[near]
    )
    assert class_names(tmp_path / "labels") == TWO


def test_of_one_folder_a_name_a_line_comes_first(tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text("names: [cat]")
    (tmp_path / "classes.txt").write_text("person\nface\n")

    assert class_names(tmp_path) == TWO


def test_an_empty_line_names_nothing(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("person\n\nface\n\n")

    assert class_names(tmp_path) == {"0": "person", "2": "face"}


@pytest.mark.parametrize("text", [None, "train: images\nnc: 1\n"])
def test_nothing_says_names(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "data.yaml").write_text(text)

    assert class_names(tmp_path) == {}


@pytest.mark.parametrize("text", ["names:\n", "names: []\n", "names: [face, '']\n"])
def test_names_that_are_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "data.yaml").write_text(text)

    with pytest.raises(ValueError, match=r"data.yaml: expected names of classes, such as names"):
        class_names(tmp_path)


def test_the_class_that_is_called_a_face_counts(tmp_path: Path, pictures: Path) -> None:
    labels = write_yolo(tmp_path)
    (labels / "a.txt").write_text("0 0.5 0.5 0.9 0.9\n1 0.5 0.5 0.5 0.5\n")
    (tmp_path / "data.yaml").write_text("names: [person, face]\n")

    samples, _ = READERS["yolo"](labels, pictures)

    assert samples[0].boxes.tolist() == [[10, 5, 30, 15]]
