"""tfface.data.plausibility: boxes that are something else than x, y, width and height in pixels."""

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.data.layouts import OBJECT, VOC
from tfface.data.plausibility import check_boxes, check_list
from tfface.data.readers import READERS
from tfface.data.sample import Sample
from tfface.data.wider import read_wider

# Faces of a group photo of 640 x 480, as corners x1, y1, x2, y2.
CORNERS = [(40, 200, 90, 260), (200, 180, 250, 240), (330, 210, 380, 270), (500, 190, 560, 262)]
SIZES = [(x1, y1, x2 - x1, y2 - y1) for x1, y1, x2, y2 in CORNERS]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., list[Sample]]:
    """`read(faces, ...)`: samples of grey pictures of 640 x 480 with these lines, one list each."""

    def samples(*pictures: list[tuple[float, ...]]) -> list[Sample]:
        lines = []
        for index, faces in enumerate(pictures):
            cv2.imwrite(str(tmp_path / f"{index}.png"), np.full((480, 640, 3), 128, np.uint8))
            lines += [f"{index}.png", str(len(faces))]
            lines += [" ".join(map(str, face)) for face in faces]
        (tmp_path / "list.txt").write_text("\n".join(lines) + "\n")
        return read_wider(tmp_path / "list.txt", tmp_path)[0]

    return samples


def test_faces_in_pixels(read) -> None:
    check_boxes("list.txt", read(SIZES, SIZES, []))


def test_corners_that_are_read_as_sizes(read) -> None:
    # As sizes the third and the fourth face end at x 330 + 380 = 710 and 500 + 560 = 1060 and leave
    # a picture 640 wide (with 2 %: 652.8), and at y 210 + 270 = 480, which is its height.
    with pytest.raises(ValueError) as caught:
        check_boxes("list.txt", read(CORNERS, CORNERS))
    message = str(caught.value)
    assert message.startswith(
        "list.txt: expected faces as x y w h in pixels, got 4 of 8 boxes that leave their picture "
        "so, such as 330 210 380 270 of 0.png, 640x480;"
    )
    assert "as corners x1 y1 x2 y2 8 of 8 lie inside: write x1, y1, x2 - x1, y2 - y1." in message


def test_boxes_of_pictures_of_another_size(read) -> None:
    doubled = [tuple(2 * number for number in face) for face in SIZES]
    # Ends at x: 180, 500, 760, 1120; at y: 520, 480, 540, 524, of 489.6 with 2 %: three leave.
    with pytest.raises(ValueError, match="got 3 of 4 boxes that leave .*; name the pictures that"):
        check_boxes("list.txt", read(doubled))


@pytest.mark.parametrize("of", [SIZES, CORNERS])
def test_relative_numbers(read, of) -> None:
    relative = [(a / 640, b / 480, c / 640, d / 480) for a, b, c, d in of]
    message = r"got 4 of 4 within 0\.\.1, such as 0.0625 0.4167 .*; multiply x and w by the width"
    with pytest.raises(ValueError, match=message):
        check_boxes("list.txt", read(relative))


def test_relative_numbers_of_a_table(tmp_path: Path, pictures: Path) -> None:
    (tmp_path / "list.csv").write_text("image,x1,y1,x2,y2\na.png,0.2,0.3,0.5,0.8\n")
    samples, _ = READERS["csv"](tmp_path / "list.csv", pictures)

    # 0.5 - 0.2 wide and 0.8 - 0.3 high
    with pytest.raises(ValueError, match=r"as x y w h in pixels, got 1 of 1 .* 0.2 0.3 0.3 0.5;"):
        check_list("csv", "list.csv", samples)


def voc(folder: Path, pictures: Path, *boxes: tuple[float, ...]) -> list[Sample]:
    objects = "".join(OBJECT.format(*box, difficult=0) for box in boxes)
    (folder / "a.xml").write_text(VOC.format(name="a", objects=objects))
    return READERS["voc"](folder, pictures)[0]


def test_relative_numbers_of_pascal_voc(tmp_path: Path, pictures: Path) -> None:
    samples = voc(tmp_path, pictures, (0.2, 0.3, 0.5, 0.8), (0, 0, 1, 1), (11, 6, 30, 15))
    message = (
        "as xmin ymin xmax ymax in pixels, got 2 of 3 within 0..1, such as 0.2 0.3 0.5 0.8; "
        "multiply xmin and xmax by the width of the picture, ymin and ymax by its height"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        check_list("voc", "xml", samples)


def test_the_first_pixels_of_pascal_voc_are_no_relative_numbers(
    tmp_path: Path, pictures: Path
) -> None:
    # From 1 to 2, counted from 1, are the first two pixels: 0..2.
    check_list("voc", "xml", voc(tmp_path, pictures, (1, 1, 2, 2)))
    check_list("voc", "xml", voc(tmp_path, pictures))


def stated(folder: Path, pictures: Path, *sizes: tuple[int, int]) -> list[Sample]:
    """A list of COCO that says these sizes of a.png and b.png, which are 40 x 20, and no faces."""
    images = [
        {"id": place, "file_name": f"{'ab'[place]}.png", "width": width, "height": height}
        for place, (width, height) in enumerate(sizes)
    ]
    (folder / "list.json").write_text(json.dumps({"images": images, "annotations": []}))
    return READERS["coco"](folder / "list.json", pictures)[0]


@pytest.mark.parametrize("size", [(40, 20), (0, 0), (0, 20), (-1, -1)])
def test_sizes_that_are_right_or_not_said(
    tmp_path: Path, pictures: Path, size: tuple[int, int]
) -> None:
    check_list("coco", "list.json", stated(tmp_path, pictures, (40, 20), size))


def test_sizes_of_other_pictures(tmp_path: Path, pictures: Path) -> None:
    message = (
        "list.json: expected pictures of the sizes that it says, got 1 of 2 of other sizes, such "
        "as b.png, which is 40x20 and not 80x40; name the pictures that the boxes were drawn on"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        check_list("coco", "list.json", stated(tmp_path, pictures, (40, 20), (80, 40)))


def test_boxes_of_pictures_before_exif_turned_them(
    tmp_path: Path, pictures: Path, with_orientation: Callable[[bytes, int], bytes]
) -> None:
    """40 x 20 pixels that a quarter turn shows as 20 x 40, under the name of another format."""
    _, jpeg = cv2.imencode(".jpg", np.zeros((20, 40, 3), np.uint8))
    (pictures / "a.png").write_bytes(with_orientation(jpeg.tobytes(), 6))

    with pytest.raises(ValueError, match="a.png, which is 20x40 and not 40x20; boxes refer to the"):
        check_list("coco", "list.json", stated(tmp_path, pictures, (40, 20)))
    check_list("coco", "list.json", stated(tmp_path, pictures, (20, 40)))


def test_the_size_of_a_picture_that_cannot_be_read(tmp_path: Path, pictures: Path) -> None:
    (pictures / "a.png").write_bytes(b"no picture")
    check_list("coco", "list.json", stated(tmp_path, pictures, (80, 40)))


def test_one_face_of_a_pixel_is_no_relative_number(read) -> None:
    check_boxes("list.txt", read([(1, 1, 1, 1), *SIZES]))


@pytest.mark.parametrize("face", [(330, 210, 380, 270), (0, 0, 640, 480), (600, 400, 60, 90)])
def test_a_list_of_one_box_is_never_refused_for_leaving_its_picture(read, face) -> None:
    check_boxes("list.txt", read([face]))


def test_a_tiny_list_that_may_be_of_corners_gets_a_warning(read, caplog) -> None:
    check_boxes("list.txt", read([(330, 210, 380, 270)]))
    assert "1 of 1 boxes that leave their picture so, such as 330 210 380 270" in caplog.text
    assert "are these corners?" in caplog.text


def test_large_faces_are_no_corners(read, caplog) -> None:
    """In portraits width and height are larger than x and y, as a corner's; but the box fits."""
    check_boxes("list.txt", read(*[[(200 + x, 100, 240, 300)] for x in range(10)]))
    assert not caplog.text


def test_boxes_that_leave_their_pictures_a_little(read) -> None:
    """Annotators guess what is beyond the border: 640 + 10 is within 2 % of 640."""
    check_boxes("list.txt", read([(500, 100, 150, 200), (-8, 300, 100, 100), (300, 400, 80, 88)]))


def test_few_boxes_that_leave_their_pictures_far_are_mistakes(read) -> None:
    check_boxes("list.txt", read(SIZES, SIZES, [(600, 400, 300, 300)] * 3))


def test_pictures_that_cannot_be_read_are_left_out(read, tmp_path: Path) -> None:
    samples = read(CORNERS)
    (tmp_path / "0.png").write_bytes(b"no picture")
    check_boxes("list.txt", samples)


def test_nothing_to_check(read) -> None:
    check_boxes("list.txt", [])
    check_boxes("list.txt", read([], []))


@pytest.mark.skipif("TFFACE_DATA" not in os.environ, reason="TFFACE_DATA names no data folder")
@pytest.mark.parametrize(
    ("file", "folder"),
    [
        (
            "widerface/wider_face_split/wider_face_train_bbx_gt.txt",
            "widerface/WIDER_train/images",
        ),
        ("widerface/wider_face_split/wider_face_val_bbx_gt.txt", "widerface/WIDER_val/images"),
        ("facecount/facecount_train_bbx_gt.txt", "facecount/images"),
    ],
)
def test_real_lists_pass_and_their_corners_do_not(file: str, folder: str, caplog) -> None:
    data = Path(os.environ["TFFACE_DATA"])
    samples, _ = read_wider(data / file, data / folder)
    check_boxes(file, samples)
    for sample in samples[:60]:
        check_boxes(file, [sample])
    assert not caplog.text
    as_corners = []
    for sample in samples[:60]:
        boxes = sample.boxes.copy()
        boxes[:, 2:] += boxes[:, :2]
        as_corners.append(replace(sample, boxes=boxes))
    with pytest.raises(ValueError, match="as corners x1 y1 x2 y2"):
        check_boxes(file, as_corners)
