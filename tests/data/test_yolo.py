"""tfface.data.yolo: what is peculiar to text files beside pictures. See test_readers.py."""

from pathlib import Path

import pytest

from tests.data.layouts import write_voc, write_yolo
from tfface.data.listing import MISSING
from tfface.data.readers import READERS


def test_labels_of_no_picture_are_told(tmp_path: Path, pictures: Path) -> None:
    labels = write_yolo(tmp_path)
    for name in ("c.txt", "notes.txt", "a.txt"):
        (labels / name).write_text("hello" if name == "notes.txt" else "0 0.5 0.5 0.5 0.5")
    samples, report = READERS["yolo"](labels, pictures)

    assert [sample.name for sample in samples] == ["a.png", "b.png"]
    assert report.dropped_pictures == {MISSING: ["c.txt"]}
    (labels / "a.txt").unlink()
    with pytest.raises(ValueError, match="labels of the pictures in .*, got others, such as c.txt"):
        READERS["yolo"](labels, pictures)


def test_files_in_capitals_and_hidden_ones(tmp_path: Path, pictures: Path) -> None:
    labels, annotations = write_yolo(tmp_path), write_voc(tmp_path)
    (pictures / "._a.png").write_bytes(b"what macOS keeps beside a file")
    (labels / "a.txt").rename(labels / "a.TXT")
    (annotations / "a.xml").rename(annotations / "a.XML")

    for layout, source in (("yolo", labels), ("voc", annotations)):
        samples, report = READERS[layout](source, pictures)
        assert [sample.name for sample in samples] == ["a.png", "b.png"]
        assert samples[0].boxes[0].tolist() == [10, 5, 30, 15]
        assert report.dropped() == []


def test_yolo_numbers_a_class_as_an_array_does(tmp_path: Path, pictures: Path) -> None:
    labels = write_yolo(tmp_path)
    (labels / "b.txt").write_text("0.0 0.5 0.5 0.5 0.5\n1.0 0.2 0.2 0.1 0.1\n")
    samples, _ = READERS["yolo"](labels, pictures)

    assert [sample.boxes.tolist() for sample in samples] == [[[10, 5, 30, 15]]] * 2


def test_yolo_takes_a_turned_picture_as_it_is_seen(tmp_path: Path, pictures: Path) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[274] = 6  # a quarter turn: 40 x 20 pixels are seen as 20 x 40
    Image.new("RGB", (40, 20)).save(pictures / "a.jpg", exif=exif)
    (pictures / "a.png").unlink()

    samples, _ = READERS["yolo"](write_yolo(tmp_path), pictures)

    assert samples[0].boxes.tolist() == [[5, 10, 15, 30]]


BOX, ORIENTED = "0.5 0.5 0.5 0.5", "0.2 0.2 0.8 0.2 0.8 0.8 0.2 0.8"
LANDMARKS = "0.4 0.4 0.6 0.4 0.5 0.5 0.45 0.6 0.55 0.6"


@pytest.mark.parametrize(
    ("rows", "lengths"),
    [([ORIENTED], "8"), ([f"{ORIENTED} 0.1 0.5", f"{ORIENTED} 0.1 0.5 0.1 0.4"], "10, 12")],
)
def test_oriented_boxes_and_polygons_are_refused(
    tmp_path: Path, pictures: Path, rows: list[str], lengths: str
) -> None:
    labels = write_yolo(tmp_path)
    (labels / "a.txt").write_text("".join(f"0 {row}\n" for row in (BOX, *rows)))

    with pytest.raises(ValueError, match=f"expected boxes as x y w h.* rows of {lengths} numbers"):
        READERS["yolo"](labels, pictures)


@pytest.mark.parametrize("behind", ["0.9", LANDMARKS, f"{LANDMARKS} 0.9", "by hand 1 2"])
def test_what_stands_behind_a_box_is_passed_over(
    tmp_path: Path, pictures: Path, behind: str
) -> None:
    labels = write_yolo(tmp_path)
    (labels / "a.txt").write_text(f"0 {BOX}\n0 {BOX} {behind}\n")
    samples, _ = READERS["yolo"](labels, pictures)

    assert samples[0].boxes.tolist() == [[10, 5, 30, 15]] * 2


def test_polygons_of_what_is_no_face_are_passed_over(tmp_path: Path, pictures: Path) -> None:
    labels = write_yolo(tmp_path)
    (labels / "classes.txt").write_text("face\nperson\n")
    (labels / "a.txt").write_text(f"0 {BOX}\n1 {ORIENTED}\n")
    samples, _ = READERS["yolo"](labels, pictures)

    assert samples[0].boxes.tolist() == [[10, 5, 30, 15]]
