"""tfface.data.voc: what is peculiar to XML files beside pictures. See test_readers.py."""

from pathlib import Path

import pytest

from tests.data.layouts import OBJECT, VOC
from tfface.data.listing import MISSING
from tfface.data.voc import read_voc


@pytest.fixture
def annotations(tmp_path: Path) -> Path:
    """A folder with annotations of a.png in `train/a.xml`."""
    (tmp_path / "xml" / "train").mkdir(parents=True)
    text = VOC.format(name="a", objects=OBJECT.format(11, 6, 30, 15, difficult=0))
    (tmp_path / "xml" / "train" / "a.xml").write_text(text)
    return tmp_path / "xml"


def test_a_picture_is_in_the_folder_that_corresponds(annotations: Path, pictures: Path) -> None:
    (pictures / "train").mkdir()
    (pictures / "train" / "a.png").write_bytes((pictures / "a.png").read_bytes())
    (sample,), _ = read_voc(annotations, pictures)

    assert (sample.name, sample.path) == ("train/a.png", pictures / "train" / "a.png")
    assert sample.boxes.tolist() == [[10, 5, 30, 15]]


def test_or_else_directly_in_the_folder_of_pictures(annotations: Path, pictures: Path) -> None:
    (sample,), _ = read_voc(annotations, pictures)
    assert (sample.name, sample.path) == ("a.png", pictures / "a.png")

    (pictures / "a.png").unlink()
    assert read_voc(annotations, pictures)[1].dropped_pictures == {MISSING: ["a.png"]}


@pytest.mark.parametrize("name", ["../../secret", "/secret", "..\\..\\secret"])
def test_a_name_in_a_subfolder_leads_nowhere_else(
    annotations: Path, pictures: Path, name: str
) -> None:
    (pictures / "train").mkdir()
    (annotations / "train" / "a.xml").write_text(VOC.format(name=name, objects=""))

    with pytest.raises(ValueError, match="expected the name of a file inside"):
        read_voc(annotations, pictures)


def test_hidden_files_are_no_annotations(annotations: Path, pictures: Path) -> None:
    (annotations / "train" / "._a.xml").write_bytes(b"what macOS keeps beside a file")
    assert len(read_voc(annotations, pictures)[0]) == 1


@pytest.mark.parametrize(("width", "height", "size"), [(40, 20, (40, 20)), (0, 0, None)])
def test_the_size_that_is_stated(
    annotations: Path, pictures: Path, width: int, height: int, size: tuple[int, int] | None
) -> None:
    stated = f"<size><width>{width}</width><height>{height}</height></size>"
    (annotations / "train" / "a.xml").write_text(VOC.format(name="a", objects=stated))
    (sample,), _ = read_voc(annotations, pictures)

    assert sample.stated_size == size


@pytest.mark.parametrize("nameless", ["", "<name/>", "<name> </name>"])
def test_an_object_without_a_name_where_others_have_one(
    annotations: Path, pictures: Path, nameless: str
) -> None:
    face = OBJECT.format(11, 6, 30, 15, difficult=0)
    other = OBJECT.format(1, 1, 4, 4, difficult=0).replace("<name>face</name>", nameless)
    file = annotations / "train" / "a.xml"
    file.write_text(VOC.format(name="a", objects=face + other))

    with pytest.raises(ValueError, match=r"a\.xml: expected the name of object 2, .* got none;"):
        read_voc(annotations, pictures)


def test_objects_without_a_name_where_none_has_one(annotations: Path, pictures: Path) -> None:
    nameless = OBJECT.format(11, 6, 30, 15, difficult=0).replace("<name>face</name>", "")
    (annotations / "train" / "a.xml").write_text(VOC.format(name="a", objects=2 * nameless))
    (sample,), _ = read_voc(annotations, pictures)

    assert sample.boxes.tolist() == 2 * [[10, 5, 30, 15]]
