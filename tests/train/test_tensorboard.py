"""train.tensorboard: event files that TensorBoard reads."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from train.tensorboard import EventLog


def read(folder: Path) -> EventAccumulator:
    return EventAccumulator(str(folder)).Reload()


def test_scalars_are_points_on_curves(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.scalars(5, {"train/loss": 2.5, "train/learning_rate": 0.125})
    log.scalars(10, {"train/loss": 1.25})
    log.close()
    events = read(tmp_path)
    assert sorted(events.Tags()["scalars"]) == ["train/learning_rate", "train/loss"]
    assert [(point.step, point.value) for point in events.Scalars("train/loss")] == [
        (5, 2.5),
        (10, 1.25),
    ]


def test_points_have_the_time_they_were_written_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = EventLog(tmp_path)
    monkeypatch.setattr("time.time", lambda: 1234.5)
    log.scalars(1, {"loss": 1.0})
    log.close()
    (point,) = read(tmp_path).Scalars("loss")
    assert point.wall_time == 1234.5


def test_a_picture_comes_back_pixel_for_pixel(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (6, 9, 3)).astype(np.uint8)
    log = EventLog(tmp_path)
    log.picture(7, "validation/picture_0", image)
    log.close()
    (shown,) = read(tmp_path).Images("validation/picture_0")
    assert (shown.step, shown.height, shown.width) == (7, 6, 9)
    decoded = cv2.imdecode(np.frombuffer(shown.encoded_image_string, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    np.testing.assert_array_equal(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), image)


def test_points_are_on_disk_at_once(tmp_path: Path) -> None:
    """A killed run keeps the curves up to its newest checkpoint."""
    log = EventLog(tmp_path)
    log.scalars(3, {"loss": 1.5})
    assert [point.step for point in read(tmp_path).Scalars("loss")] == [3]
    log.close()


def test_a_second_log_in_the_folder_continues_the_curves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The files are read in the order of the second that they were begun in, which their names tell.
    for second, steps in ((1000.0, (1, 2)), (2000.0, (3, 4))):
        monkeypatch.setattr("time.time", lambda second=second: second)
        log = EventLog(tmp_path)
        for step in steps:
            log.scalars(step, {"loss": 1.0 / step})
        log.close()
    assert len(list(tmp_path.iterdir())) == 2
    points = read(tmp_path).Scalars("loss")
    assert [point.step for point in points] == [1, 2, 3, 4]
