"""tfface.data.wider: the list layout of WIDER FACE and the traps in it."""

import os
from pathlib import Path

import numpy as np
import pytest

from tfface.data.listing import MISSING, WITHOUT_AREA
from tfface.data.sample import ReadReport, Sample
from tfface.data.wider import LIST_ENDS, read_wider


def read(
    folder: Path, text: str, pictures: tuple[str, ...] = ("a.jpg", "b.jpg")
) -> tuple[list[Sample], ReadReport]:
    for name in pictures:
        (folder / name).touch()
    (folder / "list.txt").write_bytes(text.encode())
    return read_wider(folder / "list.txt", folder)


def test_width_and_height_become_the_far_corner(tmp_path: Path) -> None:
    samples, report = read(tmp_path, "a.jpg\n2\n10 20 3 4 0 0 0 0 0 0\n-5 1 8 9 2 1 1 0 2 1\n")
    (sample,) = samples
    assert (sample.name, sample.path) == ("a.jpg", tmp_path / "a.jpg")
    assert sample.boxes.dtype == np.float32
    # 10 + 3, 20 + 4; a box that begins left of the picture stays so: its size is unknown here
    np.testing.assert_array_equal(sample.boxes, [[10, 20, 13, 24], [-5, 1, 3, 10]])
    assert sample.ignored.tolist() == [False, False]
    assert (report.pictures, report.faces, report.ignored_faces) == (1, 2, 0)


@pytest.mark.parametrize("dummy", ["", "0 0 0 0 0 0 0 0 0 0 \n", "0 0 0 0\n"])
def test_a_count_of_zero_with_and_without_its_line_of_zeros(tmp_path: Path, dummy: str) -> None:
    samples, report = read(tmp_path, f"a.jpg\n0\n{dummy}b.jpg\n1\n1 2 3 4\n")
    assert [sample.name for sample in samples] == ["a.jpg", "b.jpg"]
    assert samples[0].boxes.shape == (0, 4)
    assert samples[0].ignored.shape == (0,)
    assert report.dropped_faces == {}


def test_a_count_of_zero_may_end_the_list(tmp_path: Path) -> None:
    samples, _ = read(tmp_path, "a.jpg\n0")
    assert [len(sample.boxes) for sample in samples] == [0]


@pytest.mark.parametrize("size", ["0 0", "0 7", "7 0", "-3 7", "7 -3"])
def test_a_box_without_area_is_dropped_and_its_picture_kept(tmp_path: Path, size: str) -> None:
    samples, report = read(tmp_path, f"a.jpg\n2\n1 1 {size} 0 0 0 0 0 0\n1 2 3 4 0 0 0 0 0 0\n")
    np.testing.assert_array_equal(samples[0].boxes, [[1, 2, 4, 6]])
    assert report.dropped_faces == {WITHOUT_AREA: {"a.jpg": 1}}


def test_the_invalid_flag_means_ignored(tmp_path: Path) -> None:
    # x y w h blur expression illumination invalid occlusion pose
    text = "a.jpg\n2\n1 1 5 5 2 1 1 0 2 1\n1 1 5 5 0 0 0 1 0 0\n"
    samples, report = read(tmp_path, text)
    assert samples[0].ignored.tolist() == [False, True]
    assert (report.faces, report.ignored_faces) == (2, 1)


def test_lines_of_four_numbers_have_no_flags(tmp_path: Path) -> None:
    samples, _ = read(tmp_path, "a.jpg\n1\n1.5 2 3 4\n")
    np.testing.assert_array_equal(samples[0].boxes, [[1.5, 2, 4.5, 6]])
    assert samples[0].ignored.tolist() == [False]


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    samples, report = read(tmp_path, "event/lost.jpg\n1\n1 2 3 4\na.jpg\n1\n1 2 3 4\n")
    assert [sample.name for sample in samples] == ["a.jpg"]
    assert report.dropped_pictures == {MISSING: ["event/lost.jpg"]}
    assert (report.pictures, report.faces) == (1, 1)


def test_a_picture_listed_twice_has_the_faces_of_both_entries(tmp_path: Path) -> None:
    (sample,), report = read(tmp_path, "a.jpg\n1\n1 2 3 4\na.jpg\n1\n5 6 7 8\n")
    np.testing.assert_array_equal(sample.boxes, [[1, 2, 4, 6], [5, 6, 12, 14]])
    assert report == ReadReport(pictures=1, faces=2)


@pytest.mark.parametrize(
    "rest", ["b.jpg", "b.jpg\n2\n", "b.jpg\n2\n1 2 3 4\n", "b.jpg\n1\n1 2 3 4\nb.jpg\n1\n"]
)
def test_a_picture_cut_off_by_the_end_of_the_list_is_dropped(tmp_path: Path, rest: str) -> None:
    samples, report = read(tmp_path, "a.jpg\n1\n1 2 3 4\n" + rest)
    assert [sample.name for sample in samples] == ["a.jpg"]
    assert report.dropped_pictures == {LIST_ENDS: ["b.jpg"]}


def test_windows_line_ends_a_byte_order_mark_and_blank_lines(tmp_path: Path) -> None:
    samples, _ = read(tmp_path, "\ufeffa.jpg\r\n1\r\n1 2 3 4\r\n\r\nb.jpg\r\n0\r\n")
    assert [sample.name for sample in samples] == ["a.jpg", "b.jpg"]


def test_names_may_have_spaces_and_look_like_numbers(tmp_path: Path) -> None:
    names = ("my face.jpg", "10001.jpg")
    samples, _ = read(tmp_path, "my face.jpg\n0\n10001.jpg\n1\n1 2 3 4\n", names)
    assert [sample.name for sample in samples] == ["my face.jpg", "10001.jpg"]


def test_an_empty_list_has_no_samples(tmp_path: Path) -> None:
    assert read(tmp_path, "") == ([], ReadReport())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.jpg\nb.jpg\n", r"list\.txt:2: expected the number of faces of a\.jpg, got 'b\.jpg'"),
        ("a.jpg\n-1\n", r"list\.txt:2: expected the number of faces of a\.jpg, got '-1'"),
        ("a.jpg\n1\nb.jpg\n1\n", r"list\.txt:3: expected a face of a\.jpg .*got 'b\.jpg'"),
        ("a.jpg\n1\n1 2 3\n", r"list\.txt:3: .*at least four numbers x y w h, got '1 2 3'"),
        ("a.jpg\n1\n1 2 nan 4\n", r"list\.txt:3: .*got '1 2 nan 4'"),
        # landmarks behind x y w h, of which the eighth number would mean that no face counts
        ("a.jpg\n1\n1 2 3 4 2.5 3 3.5 3 3 4.5\n", r"list\.txt:3: expected 0 or 1 as the eighth"),
        # one face more than the count: its line is taken for the next name
        ("a.jpg\n0\n1 2 3 4\nb.jpg\n", r"list\.txt:4: expected the number of faces of 1 2 3 4"),
    ],
)
def test_a_damaged_list_is_an_error_that_names_the_line(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        read(tmp_path, text)


def test_a_missing_folder_is_not_a_data_set_of_missing_pictures(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("a.jpg\n0\n")
    with pytest.raises(FileNotFoundError, match="expected a folder of pictures, got .*nowhere"):
        read_wider(tmp_path / "list.txt", tmp_path / "nowhere")


@pytest.mark.skipif("TFFACE_DATA" not in os.environ, reason="TFFACE_DATA names no data folder")
def test_the_training_list_of_wider_face() -> None:
    folder = Path(os.environ["TFFACE_DATA"]) / "widerface"
    samples, report = read_wider(
        folder / "wider_face_split" / "wider_face_train_bbx_gt.txt",
        folder / "WIDER_train" / "images",
    )
    assert len(samples) == report.pictures > 2000
    # the official list gives this picture one face of zero size
    assert report.dropped_faces[WITHOUT_AREA]["0--Parade/0_Parade_Parade_0_452.jpg"] == 1
