"""tfface.data.readers: the same pictures and faces in every layout that is read.

Two pictures of 40 x 20 pixels: a.png with a face from (10, 5) to (30, 15), which is 20 wide and 10
high, and an ignored one from (0, 0) to (4, 4); b.png without any. YOLO and CSV below know no
ignored ones but by a column, so of YOLO there is the first face alone.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.data.layouts import (
    COCO,
    OBJECT,
    VOC,
    WRITERS,
)
from tfface.data.listing import LISTED_TWICE, MISSING, WITHOUT_AREA
from tfface.data.readers import READERS
from tfface.exports import EXPORTS, yolo_text


def test_every_reader_is_tested() -> None:
    assert {*WRITERS, "fddb"} == set(READERS)  # whose pictures are JPEG files: test_fddb.py


@pytest.mark.parametrize("layout", WRITERS)
def test_all_layouts_say_the_same(tmp_path: Path, pictures: Path, layout: str) -> None:
    samples, report = READERS[layout](WRITERS[layout](tmp_path), pictures)

    assert [sample.name for sample in samples] == ["a.png", "b.png"]
    assert [sample.path.is_file() for sample in samples] == [True, True]
    faces = 1 if layout == "yolo" else 2
    boxes = [[10, 5, 30, 15], [0, 0, 4, 4]][:faces]
    np.testing.assert_allclose(samples[0].boxes, boxes)
    assert samples[0].ignored.tolist() == [False, True][:faces]
    assert samples[1].boxes.shape == (0, 4)
    assert (report.pictures, report.faces, report.dropped()) == (2, faces, [])


@pytest.mark.parametrize("layout", ["wider", "coco", "voc", "csv"])
def test_a_picture_that_is_not_there_is_dropped(
    tmp_path: Path, pictures: Path, layout: str
) -> None:
    (pictures / "b.png").unlink()

    samples, report = READERS[layout](WRITERS[layout](tmp_path), pictures)

    assert [sample.name for sample in samples] == ["a.png"]
    assert report.dropped_pictures == {MISSING: ["b.png"]}


@pytest.mark.parametrize(("layout", "kind"), [("voc", "XML"), ("yolo", "text")])
def test_a_folder_of_other_files_is_refused(
    tmp_path: Path, pictures: Path, layout: str, kind: str
) -> None:
    with pytest.raises(FileNotFoundError, match=f"expected a folder of .*{kind} files, got none"):
        READERS[layout](pictures, pictures)


@pytest.mark.parametrize("layout", ["wider", "coco", "voc", "csv"])
def test_a_name_that_leads_elsewhere_is_refused(
    tmp_path: Path, pictures: Path, layout: str
) -> None:
    annotations = WRITERS[layout](tmp_path)
    file = next(annotations.glob("a.*")) if annotations.is_dir() else annotations
    file.write_text(file.read_text().replace("a.png", "../secret.png"))
    (tmp_path / "secret.png").write_bytes((pictures / "a.png").read_bytes())

    with pytest.raises(ValueError, match="expected the name of a file inside"):
        READERS[layout](annotations, pictures)


@pytest.mark.parametrize("name", ["sub\\c.png", "./sub/c.png"])
def test_a_name_leads_to_its_picture_however_it_is_written(
    tmp_path: Path, pictures: Path, name: str
) -> None:
    (pictures / "sub").mkdir()
    (pictures / "a.png").rename(pictures / "sub" / "c.png")
    table = tmp_path / "list.csv"
    table.write_text(f"image,x,y,w,h\n{name},1,1,2,2\nsub/c.png,1,1,2,2\n")
    (sample,), report = READERS["csv"](table, pictures)

    assert sample.name == "sub/c.png"
    assert (pictures / sample.name).is_file()
    assert report.dropped_faces == {LISTED_TWICE: {"sub/c.png": 1}}


def test_boxes_without_area_are_dropped(tmp_path: Path, pictures: Path) -> None:
    (tmp_path / "list.csv").write_text("image,x,y,w,h\na.png,1,1,0,5\na.png,1,1,2,2\n")

    samples, report = READERS["csv"](tmp_path / "list.csv", pictures)

    assert samples[0].boxes.tolist() == [[1, 1, 3, 3]]
    assert report.dropped_faces == {WITHOUT_AREA: {"a.png": 1}}


@pytest.mark.parametrize("number", ["nan", "inf", "1e300"])
def test_numbers_that_are_no_pixels_are_refused(
    tmp_path: Path, pictures: Path, number: str
) -> None:
    (tmp_path / "list.csv").write_text(f"image,x,y,w,h\na.png,1,1,{number},5\n")

    with pytest.raises(ValueError, match="boxes of a.png in pixels, finite and at most 1,000,000"):
        READERS["csv"](tmp_path / "list.csv", pictures)


def test_of_several_classes_the_one_of_faces_counts(tmp_path: Path, pictures: Path) -> None:
    text = "image,label,x1,y1,x2,y2\na.png,dog,0,0,9,9\na.png,Face,1,2,3,4\n"
    (tmp_path / "list.csv").write_text(text)

    samples, _ = READERS["csv"](tmp_path / "list.csv", pictures)

    assert samples[0].boxes.tolist() == [[1, 2, 3, 4]]
    (tmp_path / "list.csv").write_text(text.replace("Face", "cat"))
    with pytest.raises(ValueError, match="one class, or one named face, got cat, dog"):
        READERS["csv"](tmp_path / "list.csv", pictures)


@pytest.mark.parametrize("layout", ["coco", "csv", "yolo"])
def test_scores_of_a_detector_are_read_as_tfface_writes_them(
    tmp_path: Path, pictures: Path, layout: str
) -> None:
    faces = [{"box": [10, 5, 30, 15], "score": 0.9}, {"box": [0, 0, 4, 4], "score": 0.25}]
    found = {"file": "a.png", "width": 40, "height": 20, "faces": faces}
    if layout == "yolo":
        written = tmp_path / "labels"
        written.mkdir()
        (written / "a.txt").write_text(yolo_text(found))
    else:
        written = tmp_path / f"faces.{layout}"
        with written.open("w") as file:
            export = EXPORTS[layout](file)
            export.write(found)
            export.close()

    samples, _ = READERS[layout](written, pictures)

    assert samples[0].scores is not None
    np.testing.assert_allclose(samples[0].scores, [0.9, 0.25])


def test_a_list_without_scores_is_sure(tmp_path: Path, pictures: Path) -> None:
    list_file = tmp_path / "faces.csv"
    list_file.write_text("file_name,x_min,y_min,x_max,y_max\na.png,1,2,3,4\n")

    samples, _ = READERS["csv"](list_file, pictures)

    assert samples[0].scores is not None
    assert samples[0].scores.tolist() == [1]


@pytest.mark.parametrize("heading", ["class", "Class_Name", "LabelName", "category_id"])
def test_the_column_of_classes_has_many_names(tmp_path: Path, pictures: Path, heading: str) -> None:
    (tmp_path / "list.csv").write_text(
        f"image,{heading},x1,y1,x2,y2\na.png,dog,0,0,9,9\na.png,face,1,2,3,4\n"
    )
    samples, _ = READERS["csv"](tmp_path / "list.csv", pictures)

    assert samples[0].boxes.tolist() == [[1, 2, 3, 4]]


def test_what_is_annotated_alone_is_no_face_where_another_class_is(
    tmp_path: Path, pictures: Path
) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text("1 0.5 0.5 0.5 0.5\n")
    (tmp_path / "labels" / "classes.txt").write_text("face\nhat\n")
    categories = [{"id": 3, "name": "hat"}, {"id": 4, "name": "face"}]
    (tmp_path / "list.json").write_text(json.dumps({**COCO, "categories": categories}))

    for layout, source in (("yolo", "labels"), ("coco", "list.json")):
        samples, _ = READERS[layout](tmp_path / source, pictures)
        assert sum(len(sample.boxes) for sample in samples) == 0


def test_a_category_of_which_the_others_are_kinds_is_no_class(
    tmp_path: Path, pictures: Path
) -> None:
    # As Roboflow writes them, of a data set called faces.
    categories = [
        {"id": 0, "name": "faces", "supercategory": "none"},
        {"id": 3, "name": "head", "supercategory": "faces"},
    ]
    (tmp_path / "list.json").write_text(json.dumps({**COCO, "categories": categories}))
    samples, _ = READERS["coco"](tmp_path / "list.json", pictures)

    assert len(samples[0].boxes) == 2


@pytest.mark.parametrize(
    ("value", "expected"), [("1", True), ("1.0", True), ("True", True), ("0.0", False), ("", False)]
)
def test_a_flag_is_read_as_tools_write_it(
    tmp_path: Path, pictures: Path, value: str, expected: bool
) -> None:
    annotation = {"image_id": 7, "bbox": [0, 0, 4, 4], "iscrowd": value}
    (tmp_path / "coco").write_text(json.dumps({**COCO, "annotations": [annotation]}))
    (tmp_path / "csv").write_text(f"image,x,y,w,h,difficult\na.png,0,0,4,4,{value}\n")
    (tmp_path / "voc").mkdir()
    text = VOC.format(name="a", objects=OBJECT.format(1, 1, 4, 4, difficult=value))
    (tmp_path / "voc" / "a.xml").write_text(text)

    for layout in ("coco", "csv", "voc"):
        samples, _ = READERS[layout](tmp_path / layout, pictures)
        assert samples[0].ignored.tolist() == [expected], layout


@pytest.mark.parametrize("mark", ["iscrowd", "ignore"])
def test_coco_has_two_words_for_what_is_ignored(tmp_path: Path, pictures: Path, mark: str) -> None:
    annotation = {"image_id": 7, "bbox": [0, 0, 4, 4], "iscrowd": 0, "ignore": 0, mark: 1}
    (tmp_path / "coco").write_text(json.dumps({**COCO, "annotations": [annotation]}))

    samples, _ = READERS["coco"](tmp_path / "coco", pictures)

    assert samples[0].ignored.tolist() == [True]


def test_rows_of_a_spreadsheet_that_are_empty_are_none(tmp_path: Path, pictures: Path) -> None:
    (tmp_path / "list.csv").write_text("image,x,y,w,h\na.png,1,1,2,2\n,,,,\n")
    (sample,), _ = READERS["csv"](tmp_path / "list.csv", pictures)

    assert sample.boxes.tolist() == [[1, 1, 3, 3]]


@pytest.mark.parametrize(
    ("layout", "content", "message"),
    [
        ("coco", "[1, 2]", "expected COCO JSON"),
        ("coco", "[" * 100_000, "expected COCO JSON"),
        ("coco", '{"images": [{"id": 1}], "annotations": []}', "expected COCO JSON.*file_name"),
        (
            "coco",
            '{"images": [], "annotations": [{"image_id": 5}]}',
            "annotations of its images, got one of image 5",
        ),
        (
            "coco",
            '{"images": [{"id": 1, "file_name": "a.png"}],'
            '"annotations": [{"image_id": 1, "bbox": [1, 2]}]}',
            r"a bbox of four numbers for a face of a.png, got \[1, 2\]",
        ),
        (
            "coco",
            '{"images": [{"id": 1, "file_name": "a.png"}], "annotations": [{"image_id": 1, '
            f'"bbox": [1, 2, 3, 1{"0" * 400}]}}]}}',
            "a bbox of four numbers for a face of a.png",
        ),
        (
            "coco",
            '{"images": [{"id": 1, "file_name": "a.png"}],'
            '"annotations": [{"image_id": 1, "category_id": [1], "bbox": [1, 2, 3, 4]}]}',
            "expected COCO JSON",
        ),
        (
            "coco",
            '{"images": [{"id": 1, "file_name": "a"}, {"id": 1, "file_name": "b"}],'
            '"annotations": []}',
            "expected COCO JSON.*image 1 twice, a and b",
        ),
        ("csv", "image,x,y,w,h\n,1,2,3,4\n", "list:2: expected a picture in the column image"),
        (
            "csv",
            "image,x,y,w,h,ignored\na.png,1,2,3,4,maybe\n",
            "list:2: expected 0 or 1 as a flag, got 'maybe'",
        ),
        ("csv", "a.png,1,2,3,4\n", "list:1: expected a heading with the picture"),
        ("csv", "image,x,y,w,h\na.png,1,2,three,4\n", "list:2: expected numbers of x, y, w, h"),
        ("csv", 'image,x,y,w,h\n"a.png,1,2,3,4\n', "expected CSV, got unexpected end of data"),
        ("yolo", "0 0.5 0.5 0.1\n", "a.txt:1: expected a class and x y w h"),
        ("yolo", "0 12 40 30 30\n", "a.txt:1: expected a class and x y w h"),
        ("voc", "<annotation>", "a.xml: expected Pascal VOC XML"),
        ("voc", "<html></html>", "an <annotation>, got <html>"),
        (
            "voc",
            '<!DOCTYPE a [<!ENTITY b "cc">]><annotation><filename>&b;</filename></annotation>',
            "a.xml: .*entities or a document type, which are refused",
        ),
        ("afw", "no MATLAB", "with the structures Annotations, got"),
        ("mafa", "no MATLAB", "with the structures LabelTest or label_train, got"),
        (
            "voc",
            "<annotation><object><name>face</name></object></annotation>",
            "a.xml: expected a bndbox of xmin, ymin, xmax, ymax",
        ),
    ],
)
def test_what_is_in_another_layout_is_refused(
    tmp_path: Path, pictures: Path, layout: str, content: str, message: str
) -> None:
    name = {"voc": "list/a.xml", "yolo": "list/a.txt"}.get(layout, "list")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(content)

    with pytest.raises(ValueError, match=message):
        READERS[layout](tmp_path / "list", pictures)


@pytest.mark.parametrize("layout", WRITERS)
def test_no_folder_of_pictures(tmp_path: Path, layout: str) -> None:
    with pytest.raises(FileNotFoundError, match="expected .*folder.* of.* pictures, got"):
        READERS[layout](WRITERS[layout](tmp_path), tmp_path / "nowhere")


def test_images_of_coco_that_are_one_file_are_one_picture(tmp_path: Path, pictures: Path) -> None:
    images = [{"id": key, "file_name": "a.png", "width": 40, "height": 20} for key in (1, 2)]
    annotations = [
        {"image_id": 1, "bbox": [10, 5, 20, 10]},
        {"image_id": 2, "bbox": [0, 0, 4, 4]},
    ]
    (tmp_path / "list.json").write_text(json.dumps({"images": images, "annotations": annotations}))
    (sample,), report = READERS["coco"](tmp_path / "list.json", pictures)

    assert sample.boxes.tolist() == [[10, 5, 30, 15], [0, 0, 4, 4]]
    assert sample.stated_size == (40, 20)
    assert (report.pictures, report.faces, report.dropped()) == (1, 2, [])
