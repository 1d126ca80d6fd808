"""train.calibrate: what a score of 0.5 means."""

import re
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pytest

from tfface.data.records import Record, serialize, write_shard
from tfface.detections import Detections
from tfface.detectors.faceboxes import FaceBoxesImproved
from tfface.predict.face_detector import FaceDetector
from tfface.presets import PRESETS, keras_weights
from train.calibrate import calibrate_heads, judged_boxes, logit_of_precision, main


def test_the_lowest_logit_with_the_precision() -> None:
    # From the top: 1/1, 2/2, 2/3, 3/4, 3/5. Three of four is the last place with 0.75 or more.
    logits = np.array([1.0, 5.0, 2.0, 4.0, 3.0])
    right = np.array([False, True, True, True, False])

    assert logit_of_precision(logits, right, 0.75) == 2.0
    assert logit_of_precision(logits, right, 0.9) == 4.0
    assert logit_of_precision(logits, right, 0.0) == 1.0


def test_boxes_of_one_logit_come_together() -> None:
    # 1/1 at 2; the two at 1 belong together: 2/3.
    logits, right = np.array([2.0, 1.0, 1.0]), np.array([True, True, False])

    assert logit_of_precision(logits, right, 0.9) == 2.0
    assert logit_of_precision(logits, right, 0.6) == 1.0


@pytest.mark.parametrize("right", [[], [False, False]])
def test_a_precision_that_is_never_reached(right: list[bool]) -> None:
    with pytest.raises(ValueError, match=r"expected a precision of 0\.5 somewhere"):
        logit_of_precision(np.arange(float(len(right))), np.array(right, bool), 0.5)


def test_the_score_chosen_becomes_a_half_and_the_lowest_stays() -> None:
    detector = FaceBoxesImproved(width=0.5)
    image = np.random.default_rng(0).uniform(0, 255, (1, 64, 64, 3)).astype(np.float32)
    before = {name: np.array(value) for name, value in detector(image, training=False).items()}

    calibrate_heads(detector, 1.5)

    # The line through (1.5, 0) and (logit of 0.02, itself), which is -3.892.
    lowest = np.log(0.02 / 0.98)
    after = detector(image, training=False)
    expected = (before["scores"] - 1.5) * lowest / (lowest - 1.5)
    np.testing.assert_allclose(after["scores"], expected, atol=1e-5)
    np.testing.assert_array_equal(after["offsets"], before["offsets"])


def test_a_higher_score_becomes_the_lowest_that_is_looked_at() -> None:
    detector = FaceBoxesImproved(width=0.5)
    image = np.random.default_rng(0).uniform(0, 255, (1, 64, 64, 3)).astype(np.float32)
    before = np.array(detector(image, training=False)["scores"])

    calibrate_heads(detector, 1.5, lowest=0.05)

    # The line through (1.5, 0) and (-2.944, -3.892): the logits of 0.05 and 0.02.
    expected = (before - 1.5) * 3.892 / (2.944 + 1.5)
    after = detector(image, training=False)["scores"]
    np.testing.assert_allclose(after, expected, atol=1e-2)


def test_the_score_chosen_must_be_above_the_lowest() -> None:
    with pytest.raises(ValueError, match=r"a logit above -3\.89, got -4\.00"):
        calibrate_heads(FaceBoxesImproved(width=0.5), -4.0)


class Finds:
    """Finds the same boxes with the scores 0.8, 0.7, ... in every picture."""

    def __init__(self, *boxes: tuple):
        self.boxes = np.array(boxes, np.float32).reshape(-1, 4)

    def detect(self, image, threshold, long_side):
        scores = 0.8 - 0.1 * np.arange(len(self.boxes), dtype=np.float32)
        return Detections(self.boxes, scores)


def record(encode, *boxes: tuple, ignored=()) -> Record:
    flags = np.array([index in ignored for index in range(len(boxes))], bool)
    return Record("a", encode, 100, 100, np.array(boxes, np.float32).reshape(-1, 4), flags)


@pytest.fixture(scope="module")
def encoded() -> bytes:
    return cv2.imencode(".png", np.zeros((100, 100, 3), np.uint8))[1].tobytes()


def test_boxes_are_right_on_faces_and_do_not_count_on_ignored_or_small_ones(encoded) -> None:
    # At a long side of 100 the third face has 6 pixels, fewer than the 8 that count.
    faces = [(10, 10, 30, 30), (50, 50, 80, 80), (90, 90, 96, 96)]
    found = Finds((10, 10, 30, 30), (10, 11, 30, 30), *faces[1:], (40, 0, 50, 10))

    logits, right = judged_boxes(
        cast(Any, found), [record(encoded, *faces, ignored=[1])], long_side=100
    )

    # The first face, the same again, and the box on nothing.
    assert right.tolist() == [True, False, False]
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), [0.8, 0.7, 0.4], rtol=1e-5)


def test_pictures_without_faces_have_false_boxes_only(encoded) -> None:
    logits, right = judged_boxes(cast(Any, Finds((0, 0, 20, 20))), [record(encoded)], long_side=100)

    assert (len(logits), right.tolist()) == (1, [False])
    assert len(judged_boxes(cast(Any, Finds()), [record(encoded)], long_side=100)[0]) == 0


def test_the_command_writes_a_detector_whose_boxes_reach_the_precision(
    tmp_path: Path, capsys
) -> None:
    data = pytest.importorskip("skimage.data", reason="brings the picture")
    image = data.astronaut()
    found = FaceDetector.from_preset(keras_weights(PRESETS["fbi-half"])).detect(image, 0.02)
    assert len(found) > 1
    content = cv2.imencode(".png", image[..., ::-1])[1].tobytes()
    only = Record("a", content, 512, 512, found.boxes[:1], np.zeros(1, bool))
    write_shard(tmp_path / "a.tfrecord", [serialize(only)])

    code = main(
        ["fbi-half", f"--records={tmp_path / '*.tfrecord'}", "--precision=1"]
        + ["--long_side=512", f"--output={tmp_path / 'new.keras'}"]
    )

    # The best box is the only face: precision 1 ends with it, and it becomes 0.5.
    assert code == 0
    calibrated = FaceDetector.from_preset(tmp_path / "new.keras").detect(image, 0.02)
    assert calibrated.scores[0] == pytest.approx(0.5, abs=1e-3)
    np.testing.assert_allclose(calibrated.boxes, found.boxes, atol=1e-2)
    assert re.search(r"from there on 1 boxes, 100.0% of them faces", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("--long_side=0", "--long_side: expected a whole number from 1 to .*, got '0'"),
        ("--long_side=-640", "--long_side: expected a whole number from 1"),
        ("--precision=90", "--precision: expected a number from 0 to 1, got '90'"),
        ("--lowest=0.6", "--lowest: expected a number from 0.02 to 0.5, got '0.6'"),
    ],
)
def test_numbers_without_sense_are_refused(given: str, message: str, capsys) -> None:
    with pytest.raises(SystemExit):
        main(["fbi-half", "--records=a.tfrecord", "--output=new.keras", given])

    assert re.search(message, capsys.readouterr().err)


def test_a_missing_file_is_an_error_in_one_line(tmp_path: Path, capsys) -> None:
    output = tmp_path / "new.keras"

    assert main(["fbi-half", "--records", str(tmp_path / "none-*"), f"--output={output}"]) == 1

    assert "No file matches" in capsys.readouterr().err
    assert not output.exists()
