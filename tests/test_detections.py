"""Detections: the faces of one picture."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.detecting import Tensor
from tfface.detections import Detections


def two_faces() -> Detections:
    boxes = np.array([[1, 2, 30.12345, 40], [5, 6, 7, 8]], np.float32)
    return Detections(boxes, np.array([0.9, 0.5], np.float32))


def test_length_and_order() -> None:
    detections = two_faces()

    assert len(detections) == 2
    assert [round(detection.score, 6) for detection in detections] == [0.9, 0.5]
    box, score = next(iter(detections))
    assert (box.tolist()[:2], type(score)) == ([1.0, 2.0], float)


def test_json() -> None:
    assert json.loads(json.dumps(two_faces().to_json())) == [
        {"box": [1.0, 2.0, 30.123, 40.0], "score": 0.9},
        {"box": [5.0, 6.0, 7.0, 8.0], "score": 0.5},
    ]


def test_a_picture_without_faces() -> None:
    nobody = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    assert (len(nobody), list(nobody), nobody.to_json()) == (0, [], [])


@pytest.mark.parametrize(
    ("boxes", "scores", "message"),
    [
        (np.zeros((2, 4)), np.zeros(3), r"\(2, 4\) and \(3,\)"),
        (np.zeros((2, 5)), np.zeros(2), r"\(2, 5\)"),
        (np.zeros((2, 4)), np.zeros((2, 1)), r"\(2, 1\)"),
        (np.zeros((2, 4)), np.array([0.1, 0.2]), "falling"),
    ],
)
def test_what_does_not_belong_together(boxes: np.ndarray, scores: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Detections(boxes, scores)


def test_results_make_pictures_of_the_picture_they_are_of() -> None:
    image = np.random.default_rng(0).integers(0, 256, (50, 60, 3), dtype=np.uint8)
    before = image.copy()
    boxes = np.array([[10, 20, 30, 40]], np.float32)
    found = Detections(boxes, np.array([0.9], np.float32), image)

    (crop,) = found.crops()
    (larger,) = found.crops(margin=0.25)  # 5 more on every side
    assert crop.tolist() == image[20:40, 10:30].tolist()
    assert larger.tolist() == image[15:45, 5:35].tolist()
    for hidden in (found.blur(), found.pixelate()):
        # A fifth more on every side: 4 pixels. Outside nothing changes, inside there are blocks.
        changed = (hidden != image).any(axis=-1)
        rows, columns = np.nonzero(changed)
        assert (rows.min(), rows.max(), columns.min(), columns.max()) == (16, 43, 6, 33)
        assert hidden[20:40, 10:30].std() < image[20:40, 10:30].std() / 2
    assert found.draw().shape == image.shape
    assert (image == before).all()


def test_pictures_have_the_order_of_colours_that_was_given() -> None:
    image = np.zeros((50, 60, 3), np.uint8)
    image[..., 0] = 250  # blue
    found = Detections(
        np.array([[10, 20, 30, 40]], np.float32), np.array([0.9], np.float32), image, bgr=True
    )

    assert found.crops()[0][0, 0].tolist() == [250, 0, 0]
    assert found.draw()[0, 59].tolist() == found.blur()[0, 59].tolist() == [250, 0, 0]


def test_only_of_arrays_blue_may_come_first(tmp_path: Path) -> None:
    """However a picture is given, results of it show its colours in the order that it has them."""
    from PIL import Image

    blue = np.zeros((50, 60, 3), np.uint8)
    blue[..., 2] = 250  # RGB
    Image.fromarray(blue).save(tmp_path / "a.png")
    path = tmp_path / "a.png"
    faces = np.array([[10, 20, 30, 40]], np.float32), np.array([0.9], np.float32)

    for given, first in [
        *((each, 0) for each in (path, str(path), path.read_bytes(), Image.open(path))),
        *((each, 250) for each in (blue[..., ::-1], Tensor(blue[..., ::-1]))),
    ]:
        found = Detections(*faces, given, bgr=True)
        passed = Detections(*faces, path if first else blue, bgr=True)
        for made in (
            *(found.draw(), found.blur(), found.pixelate(), found.crops()[0]),
            *(passed.draw(given), passed.blur(given), passed.crops(image=given)[0]),
        ):
            assert made[0, -1].tolist() == [first, 0, 250 - first]


def test_without_a_picture_one_is_given_or_missed() -> None:
    found = two_faces()

    assert found.draw(np.zeros((50, 60, 3), np.uint8)).shape == (50, 60, 3)
    with pytest.raises(ValueError, match="pass it as image="):
        found.blur()


def test_a_dictionary_names_the_file() -> None:
    boxes, scores = np.zeros((0, 4), np.float32), np.zeros(0, np.float32)

    assert Detections(boxes, scores, "a.png").to_dict() == {"file": "a.png", "faces": []}
    assert Detections(boxes, scores).to_dict() == {"faces": []}


def test_a_table_of_pandas() -> None:
    pytest.importorskip("pandas")

    table = two_faces().to_pandas()

    assert list(table.columns) == ["x_min", "y_min", "x_max", "y_max", "score"]
    assert table["score"].tolist() == pytest.approx([0.9, 0.5])
