"""examples/own_data.py: pictures with their faces in four layouts."""

from pathlib import Path

import pytest

from examples.own_data import PICTURES, main
from tfface.data.readers import READERS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own") / "data"
    assert main(["--output", str(folder)]) == 0
    return folder


@pytest.mark.parametrize(
    ("layout", "name"),
    [("coco", "faces.json"), ("voc", "voc"), ("yolo", "labels"), ("csv", "faces.csv")],
)
def test_the_faces_are_the_same_in_every_layout(folder: Path, layout: str, name: str) -> None:
    # docs/own-data.md says so.
    _, report = READERS[layout](folder / name, folder / "pictures")

    assert (report.pictures, report.faces, report.dropped()) == (PICTURES, 27, [])


def test_a_folder_that_is_there_is_left_as_it_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--output", str(folder)]) == 1

    assert capsys.readouterr().err == f"error: {folder / 'pictures'}: File exists\n"
