"""tfface.data.classes: which annotations are faces, in the layouts that have classes.

The pictures and their faces are those of `test_readers.py`.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.data.layouts import COCO, OBJECT, VOC
from tfface.data.readers import READERS


def coco_faces(folder: Path, pictures: Path, *used: Any, categories: list[dict[str, Any]]) -> int:
    """The number of faces of a list with a box of each of the categories `used`."""
    annotations = [
        {"image_id": 7, "bbox": [10, 5, 20, 10]} | ({} if key is None else {"category_id": key})
        for key in used
    ]
    content = {**COCO, "annotations": annotations, "categories": categories}
    (folder / "list.json").write_text(json.dumps(content))
    return len(READERS["coco"](folder / "list.json", pictures)[0][0].boxes)


def yolo_faces(folder: Path, pictures: Path, *used: str, names: str | None = None) -> int:
    """The number of faces of labels with a box of each of the classes `used`."""
    labels = folder / "labels"
    labels.mkdir()
    (labels / "a.txt").write_text("".join(f"{kind} 0.5 0.5 0.5 0.5\n" for kind in used))
    if names is not None:
        (labels / "classes.txt").write_text(names)
    return len(READERS["yolo"](labels, pictures)[0][0].boxes)


FACE_AND_HAT = [{"id": 1, "name": "face"}, {"id": 2, "name": "hat"}]


@pytest.mark.parametrize(
    ("used", "got"),
    [
        ((0, 0), "0"),  # off by one
        (("1", "2"), "'1', '2'"),  # text
        ((1, 3), "3"),
        ((1, None), "None"),
    ],
)
def test_annotations_of_a_category_that_coco_does_not_have(
    tmp_path: Path, pictures: Path, used: tuple[Any, ...], got: str
) -> None:
    message = f"list.json: expected annotations of its classes, 1 face, 2 hat, got some of {got};"
    with pytest.raises(ValueError, match=message):
        coco_faces(tmp_path, pictures, *used, categories=FACE_AND_HAT)


def test_a_message_names_five_classes(tmp_path: Path, pictures: Path) -> None:
    many = [{"id": key, "name": f"n{key}"} for key in range(1203)]  # as many as LVIS has
    with pytest.raises(ValueError, match=r"0 n0, 1 n1, 2 n2, 3 n3, 4 n4, \.\.\., got some of 5000"):
        coco_faces(tmp_path, pictures, 5000, categories=many)


@pytest.mark.parametrize("used", [(0,), (None, None)])
def test_where_coco_has_no_categories_none_is_missing(
    tmp_path: Path, pictures: Path, used: tuple[Any, ...]
) -> None:
    assert coco_faces(tmp_path, pictures, *used, categories=[]) == len(used)


def test_annotations_without_a_category_are_of_whatever_there_is(
    tmp_path: Path, pictures: Path
) -> None:
    assert coco_faces(tmp_path, pictures, None, None, categories=FACE_AND_HAT) == 2


@pytest.mark.parametrize(
    ("kinds", "used", "faces"),
    [
        # face and person, each its own kind: of persons alone there is no face.
        ({"face": "face", "person": "person"}, 1, 0),
        ({"face": "face", "person": "person"}, 0, 1),
        # A hat is a kind of face, which is a class nevertheless.
        ({"face": "face", "hat": "face"}, 1, 0),
        # faces is the kind of all others, and none itself.
        ({"faces": "none", "head": "faces"}, 1, 1),
    ],
)
def test_a_category_that_is_its_own_kind_is_a_class(
    tmp_path: Path, pictures: Path, kinds: dict[str, str], used: int, faces: int
) -> None:
    categories = [
        {"id": key, "name": name, "supercategory": kinds[name]} for key, name in enumerate(kinds)
    ]
    assert coco_faces(tmp_path, pictures, used, categories=categories) == faces


@pytest.mark.parametrize(("used", "got"), [("1", "'1'"), ("face", "'face'"), ("-1", "'-1'")])
def test_labels_of_a_class_that_yolo_does_not_name(
    tmp_path: Path, pictures: Path, used: str, got: str
) -> None:
    with pytest.raises(ValueError, match=f"of its classes, '0' face, got some of {got};"):
        yolo_faces(tmp_path, pictures, "0", used, names="face\n")


def test_class_0_of_yolo_is_the_face_where_nothing_names_it(tmp_path: Path, pictures: Path) -> None:
    assert yolo_faces(tmp_path, pictures, "0", "0", "1") == 2


def test_class_0_of_yolo_is_what_it_is_called(tmp_path: Path, pictures: Path) -> None:
    assert yolo_faces(tmp_path, pictures, "0", "1", "1", names="hat\nface\n") == 2


@pytest.mark.parametrize("names", ["0\n1\n", "no face\nperson\n"])
def test_class_0_of_yolo_that_is_called_otherwise_is_no_face(
    tmp_path: Path, pictures: Path, names: str
) -> None:
    with pytest.raises(ValueError, match="expected one class, or one named face, got"):
        yolo_faces(tmp_path, pictures, "0", "1", names=names)


def test_a_class_called_0_is_no_face(tmp_path: Path, pictures: Path) -> None:
    """Where 1 is a face and 0 is none, the boxes of the latter would be learnt."""
    (tmp_path / "list.csv").write_text(
        "image,label,x1,y1,x2,y2\na.png,0,0,0,9,9\na.png,1,1,2,3,4\n"
    )
    objects = OBJECT.format(1, 1, 9, 9, difficult=0) + OBJECT.format(2, 3, 3, 4, difficult=0)
    text = VOC.format(name="a", objects=objects).replace("face", "0", 1).replace("face", "1")
    (tmp_path / "a.xml").write_text(text)
    message = "expected one class, or one named face, got 0, 1; leave the others out"

    for layout, source in (("csv", tmp_path / "list.csv"), ("voc", tmp_path)):
        with pytest.raises(ValueError, match=message):
            READERS[layout](source, pictures)
    for categories in ([], [{"id": 0, "name": "0"}, {"id": 1, "name": "1"}]):
        with pytest.raises(ValueError, match=message):
            coco_faces(tmp_path, pictures, 0, 1, categories=categories)


def test_a_class_called_0_is_the_only_one(tmp_path: Path, pictures: Path) -> None:
    assert coco_faces(tmp_path, pictures, 0, categories=[{"id": 0, "name": "0"}]) == 1


def test_all_classes_that_are_called_a_face_count(tmp_path: Path, pictures: Path) -> None:
    """As of lists that were merged."""
    called = ("Face", "face", "person")
    rows = [f"a.png,{name},{left},0,30,9" for left, name in enumerate(called)]
    (tmp_path / "list.csv").write_text("\n".join(["image,class,x1,y1,x2,y2", *rows]))
    objects = [OBJECT.format(1, 1, 9, 9, difficult=0).replace("face", name) for name in called]
    (tmp_path / "a.xml").write_text(VOC.format(name="a", objects="".join(objects)))
    categories = [{"id": key, "name": name} for key, name in enumerate(called)]

    for layout, source in (("csv", tmp_path / "list.csv"), ("voc", tmp_path)):
        assert len(READERS[layout](source, pictures)[0][0].boxes) == 2, layout
    assert coco_faces(tmp_path, pictures, 0, 1, 2, categories=categories) == 2
    assert yolo_faces(tmp_path, pictures, "0", "1", "2", names="\n".join(called)) == 2
