"""train.validation: average precision on held-out pictures while training."""

import json
from pathlib import Path
from types import SimpleNamespace

import cv2
import keras
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tfface.data.records import Record
from tfface.detections import Detections
from tfface.detectors.base import Detector
from tfface.detectors.loading import save_detector
from train.tensorboard import EventLog
from train.validation import Validation

FACE = (64, 64, 128, 128)


def record(*boxes: tuple, size=(128, 192), ignored=(), name="a.png") -> Record:
    """A white picture of `size` (height, width) with faces."""
    encoded = cv2.imencode(".png", np.full((*size, 3), 255, np.uint8))[1].tobytes()
    flags = np.array([index in ignored for index in range(len(boxes))], bool)
    height, width = size
    return Record(name, encoded, height, width, np.array(boxes, np.float32).reshape(-1, 4), flags)


@pytest.fixture(scope="module")
def detector(TinyDetector) -> Detector:
    return TinyDetector()


@pytest.fixture
def validate(detector: Detector, tmp_path: Path):
    """`validate(records, ...)`: a validation that writes to `tmp_path`."""

    def make(records: list[Record], side=192, every=2, last_epoch=5) -> Validation:
        log = EventLog(tmp_path / "tensorboard")
        return Validation(detector, records, side, every, last_epoch, log, tmp_path / "best.keras")

    return make


@pytest.fixture
def finish_epoch(monkeypatch: pytest.MonkeyPatch):
    """`finish_epoch(validation, epoch, found)` ends an epoch of 10 steps.

    After it every picture has the detections `found`. A saved model is the number of its steps.
    """
    steps = 0

    def save(detector, path: Path) -> None:
        path.write_text(str(steps))

    def finish(validation: Validation, epoch: int, found: list[tuple]) -> None:
        boxes = np.array(found, np.float32).reshape(-1, 4)
        scores = np.linspace(0.9, 0.5, len(boxes)).astype(np.float32)
        everywhere = [Detections(boxes, scores)] * len(validation.images)
        monkeypatch.setattr(validation, "_detect", lambda: everywhere)
        nonlocal steps
        steps = 10 * (epoch + 1)
        optimizer = SimpleNamespace(finalize_variable_values=lambda variables: None)
        validation.set_model(
            SimpleNamespace(steps_done=steps, optimizer=optimizer, trainable_variables=[])
        )
        validation.on_epoch_end(epoch)

    monkeypatch.setattr("train.validation.save_detector", save)
    return finish


def curve(folder: Path, name: str) -> dict[int, float]:
    events = EventAccumulator(str(folder / "tensorboard")).Reload()
    return {point.step: point.value for point in events.Scalars(f"validation/{name}")}


def test_the_long_side_fits_and_the_rest_is_black(validate) -> None:
    # 128 x 192 -> 64 x 96 in the upper left corner of 96 x 96.
    validation = validate([record(FACE)], side=96)
    (image,) = validation.images
    assert image.shape == (96, 96, 3)
    assert np.all(image[:64] == 255)
    assert np.all(image[64:] == 0)
    np.testing.assert_array_equal(validation.faces["0"].boxes, [[32, 32, 64, 64]])


def test_small_pictures_are_enlarged(validate) -> None:
    validation = validate([record((4, 8, 20, 24), size=(32, 16))], side=96)
    np.testing.assert_array_equal(validation.faces["0"].boxes, [[12, 24, 60, 72]])
    assert np.all(validation.images[0][:, :48] == 255)
    assert np.all(validation.images[0][:, 48:] == 0)


def test_a_face_counts_by_its_longer_side(validate) -> None:
    # Longer sides in the reduced picture, half as large as the given one: 32, 31, 16, 15, 6, 5.
    lengths = (64, 62, 32, 30, 12, 10)
    boxes = [(0, 0, 4, length) for length in lengths]
    counted = validate([record(*boxes)], side=96).faces["0"].counted
    np.testing.assert_array_equal(counted["easy"], [1, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(counted["medium"], [1, 1, 1, 0, 0, 0])
    np.testing.assert_array_equal(counted["hard"], [1, 1, 1, 1, 1, 0])


def test_ignored_faces_never_count(validate) -> None:
    faces = validate([record(FACE, (0, 0, 64, 64), ignored=(1,))]).faces["0"]
    np.testing.assert_array_equal(faces.counted["easy"], [True, False])


def test_epochs_that_are_validated(validate, finish_epoch, tmp_path: Path) -> None:
    validation = validate([record(FACE)], every=2, last_epoch=5)
    for epoch in range(5):
        finish_epoch(validation, epoch, [FACE])
    # After the second, the fourth and the last epoch, of 10 steps each.
    assert list(curve(tmp_path, "hard")) == [20, 40, 50]


def test_the_precision_is_in_per_cent(validate, finish_epoch, tmp_path: Path) -> None:
    # One of two faces is found, without a false positive: recall 1/2 at precision 1.
    validation = validate([record(FACE, (0, 0, 40, 40))], every=1)
    finish_epoch(validation, 0, [FACE])
    assert curve(tmp_path, "easy") == {10: pytest.approx(50.0)}


def test_a_setting_without_faces_has_no_curve(validate, finish_epoch, tmp_path: Path) -> None:
    validation = validate([record((0, 0, 20, 20))], every=1)
    finish_epoch(validation, 0, [(0, 0, 20, 20)])
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert sorted(events.Tags()["scalars"]) == ["validation/hard", "validation/medium"]
    assert json.loads((tmp_path / "best.json").read_text())["score"] == pytest.approx(100.0)


def test_the_best_weights_are_kept(validate, finish_epoch, tmp_path: Path) -> None:
    validation = validate([record(FACE)], every=1)
    finish_epoch(validation, 0, [FACE])
    finish_epoch(validation, 1, [])
    assert (tmp_path / "best.keras").read_text() == "10"
    assert json.loads((tmp_path / "best.json").read_text()) == {
        "step": 10,
        "score": pytest.approx(100.0),
        **{setting: pytest.approx(100.0) for setting in ("easy", "medium", "hard")},
        "faces": validation.digest,
        "compared": 20,
    }


def test_a_run_that_goes_on_still_knows_the_best(validate, finish_epoch, tmp_path: Path) -> None:
    finish_epoch(validate([record(FACE)], every=1), 0, [FACE])
    finish_epoch(validate([record(FACE)], every=1), 1, [])
    assert (tmp_path / "best.keras").read_text() == "10"


def test_the_best_of_other_faces_is_not_the_best(validate, finish_epoch, tmp_path: Path) -> None:
    finish_epoch(validate([record(FACE)], every=1), 0, [FACE])
    # Of two faces one is found: 50 % of another 100.
    finish_epoch(validate([record(FACE, (0, 0, 40, 40))], every=1), 1, [FACE])
    assert (tmp_path / "best.keras").read_text() == "20"


def test_the_first_pictures_are_shown_with_faces(validate, finish_epoch, tmp_path: Path) -> None:
    finish_epoch(validate([record(FACE)] * 6, every=1), 0, [FACE])
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert events.Tags()["images"] == [f"validation/picture_{index}" for index in range(4)]
    (shown,) = events.Images("validation/picture_0")
    picture = cv2.imdecode(np.frombuffer(shown.encoded_image_string, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None and np.any(picture[64, 64:128] != 255)


def test_every_picture_goes_through_the_model(validate, detector) -> None:
    """Five pictures in batches of two: the last one is filled up, and cut off again."""
    validation = validate([record(FACE)] * 5, side=64)
    validation.batch_size = 2
    validation.set_model(detector)
    found = validation._detect()
    assert len(found) == 5
    boxes, scores = detector.predict_boxes(validation.images[4], score_threshold=0.02)
    np.testing.assert_allclose(found[4].scores, scores, atol=1e-5)
    np.testing.assert_allclose(found[4].boxes, boxes, atol=1e-2)


def test_a_saved_detector_has_no_optimiser(detector, tmp_path: Path) -> None:
    detector.compile(keras.optimizers.SGD(0.1, momentum=0.9))
    save_detector(detector, tmp_path / "final.keras")
    restored = keras.models.load_model(tmp_path / "final.keras")
    assert getattr(restored, "optimizer", None) is None
    for weight, expected in zip(restored.get_weights(), detector.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)


@pytest.mark.parametrize("records", [[], [record()], [record((0, 0, 5, 5))]])
def test_records_without_a_face_that_counts_are_refused(validate, records: list[Record]) -> None:
    with pytest.raises(ValueError, match=f"got {len(records)} pictures without any"):
        validate(records)


def test_a_damaged_picture_is_named(validate) -> None:
    damaged = Record("b.png", b"no picture", 8, 8, np.zeros((0, 4), np.float32), np.zeros(0, bool))
    with pytest.raises(ValueError, match="'b.png' cannot be decoded"):
        validate([record(FACE), damaged])
