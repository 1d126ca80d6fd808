"""tfface.data.csv_table: what is peculiar to tables. See test_readers.py."""

from pathlib import Path

import pytest

from tfface.data.csv_table import read_csv


@pytest.mark.parametrize(
    ("marks", "expected"), [("0,0", False), ("1,0", True), ("0,1", True), (",1", True), ("", False)]
)
def test_of_several_columns_of_marks_any_counts(
    tmp_path: Path, pictures: Path, marks: str, expected: bool
) -> None:
    table = tmp_path / "list.csv"
    table.write_text(f"image,x,y,w,h,iscrowd,ignore\na.png,0,0,4,4,{marks}\n")
    (sample,), _ = read_csv(table, pictures)

    assert sample.ignored.tolist() == [expected]


def test_a_box_without_a_class_where_others_have_one(tmp_path: Path, pictures: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_text("image,class,x,y,w,h\na.png,face,0,0,4,4\nb.png,,,,,\na.png,,10,5,20,10\n")

    with pytest.raises(ValueError, match="list.csv:4: expected the class of a box, .* got none;"):
        read_csv(table, pictures)


def test_boxes_without_a_class_where_none_has_one(tmp_path: Path, pictures: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_text("image,class,x,y,w,h\na.png,,0,0,4,4\na.png,,10,5,20,10\n")
    (sample,), _ = read_csv(table, pictures)

    assert sample.boxes.tolist() == [[0, 0, 4, 4], [10, 5, 30, 15]]
