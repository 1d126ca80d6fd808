"""tfface.data.layout: lists that are not in the layout of WIDER FACE."""

import os
from pathlib import Path

import pytest

from tfface.data.layout import read_list, recognise
from tfface.data.wider import read_wider

COCO = """{
  "info": {"year": 2024},
  "images": [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}],
  "annotations": [{"id": 7, "image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 40]}],
  "categories": [{"id": 1, "name": "face"}]
}
"""
VOC = """<annotation>
  <filename>a.jpg</filename>
  <size><width>640</width><height>480</height><depth>3</depth></size>
  <object><name>face</name>
    <bndbox><xmin>1</xmin><ymin>2</ymin><xmax>31</xmax><ymax>42</ymax></bndbox>
  </object>
</annotation>
"""
RETINAFACE = """# 0--Parade/a.jpg
449 330 122 149 488.906 373.643 0.0 542.089 376.442 0.0 515.031 412.83 0.0 0.82
# 0--Parade/b.jpg
361 98 263 339 424.143 251.656 0.0 547.134 232.571 0.0 494.121 325.875 0.0 0.89
"""
OTHERS = {
    "COCO": (COCO, "COCO JSON"),
    "COCO in a line": (COCO.replace("\n", ""), "COCO JSON"),
    "LabelMe": ('{"shapes": [], "imagePath": "a.jpg"}', "JSON"),
    "JSON lines": ('{"file": "a.jpg", "box": [1, 2, 3, 4]}\n' * 2, "JSON"),
    "VOC": (VOC, "Pascal VOC XML"),
    "VOC with its declaration": ('<?xml version="1.0"?>\n' + VOC, "Pascal VOC XML"),
    "CVAT": ('<?xml version="1.0"?>\n<annotations><image/></annotations>', "XML"),
    "YOLO": ("0 0.51 0.5 0.125 0.25\n0 0.1 0.2 0.05 0.0625\n", "YOLO text"),
    "YOLO, one face": ("0 0.51 0.5 0.125 0.25\n", "YOLO text"),
    "YOLO with landmarks": ("0 0.5 0.5 0.1 0.2 0.4 0.4 0.6 0.4\n", "YOLO text"),
    "CSV with a heading": ("image,x,y,w,h\na.jpg,1,2,30,40\n", "CSV"),
    "CSV without": ("a.jpg,1,2,30,40,face\nb.jpg,1,2,30,40,face\n", "CSV"),
    "CSV with semicolons": ("a.jpg;1;2;30;40\n", "CSV"),
    "tabs": ("a.jpg\t1\t2\t30\t40\n", "CSV"),
    "RetinaFace": (RETINAFACE, "the labels of RetinaFace"),
    "a row a picture": ("a.jpg 1 2 30 40\nmy b.PNG 1 2 30 40 5 6 7 8\n", "the name of the picture"),
    "Keras' YOLO": ("a.jpg 1,2,30,40,0\nb.jpg 1,2,30,40,0\n", "the name of the picture"),
}


READ = ("COCO JSON", "Pascal VOC XML", "YOLO text", "CSV")


@pytest.mark.parametrize(("text", "name"), OTHERS.values(), ids=OTHERS)
def test_other_layouts_are_named_with_what_to_do(tmp_path: Path, text: str, name: str) -> None:
    file = tmp_path / "annotations"
    file.write_text(text)
    with pytest.raises(ValueError) as caught:
        read_wider(file, tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{file}: expected a list in the layout of WIDER FACE")
    assert f"got {name}" in message or f"got text with {name}" in message
    advice = message.rpartition(";")[2]
    assert "--dataset=" in advice if name in READ else "write" in advice


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.jpg\n0\n",
        "a.jpg\n2\n1 2 3 4\n5 6 7 8\n",
        # names that look like something else
        '{"a".jpg\n0\n',
        "[group] a.jpg\n1\n1 2 3 4\n",
        "<a>.jpg\n0\n",
        "#1.jpg\n1\n1 2 3 4\n",
        "a, b, c, d and e.jpg\n1\n1 2 3 4\n",
        "0 0.5 0.5 0.1 0.2\n1\n1 2 3 4\n",
        "a.jpg 1 2 3 4.jpg\n0\n",
        # a list of names alone is left to the reader, which names the line
        "a.jpg\nb.jpg\n",
    ],
)
def test_what_may_be_of_wider_face_is_left_to_its_reader(text: str) -> None:
    assert recognise(text) is None


@pytest.mark.parametrize(
    ("suffix", "name"), [(".xml", "Pascal VOC XML"), (".txt", "YOLO text"), (".json", "JSON")]
)
def test_a_folder_of_annotations(tmp_path: Path, suffix: str, name: str) -> None:
    for stem in "ab":
        (tmp_path / f"{stem}{suffix}").touch()
    with pytest.raises(ValueError, match=rf"got a folder of 2 {suffix} files, as {name}.* has"):
        read_list(tmp_path)


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="got a folder; name one list of all pictures"):
        read_list(tmp_path)


def test_a_binary_file(tmp_path: Path) -> None:
    (tmp_path / "wider_face_train.mat").write_bytes(b"MATLAB 5.0 MAT-file\0\0\1\xff\xfe")
    # 19 letters, two zeros and a one: the first byte that is no UTF-8 is byte 22
    with pytest.raises(ValueError, match=r"got a binary file, byte 22.*a \.txt beside its \.mat"):
        read_list(tmp_path / "wider_face_train.mat")


def test_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes("fête.jpg\n0\n".encode("latin-1"))
    with pytest.raises(ValueError, match="got text in another encoding than UTF-8, byte 1.*save"):
        read_list(tmp_path / "list.txt")


@pytest.mark.skipif("TFFACE_DATA" not in os.environ, reason="TFFACE_DATA names no data folder")
def test_real_lists() -> None:
    data = Path(os.environ["TFFACE_DATA"])
    lists = [
        *(data / "widerface" / "wider_face_split").glob("*.txt"),
        *(data / "facecount").glob("*.txt"),
    ]
    assert len(lists) == 3
    for file in lists:
        assert recognise(file.read_text()) is None
