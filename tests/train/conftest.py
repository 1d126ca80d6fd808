"""Composed records to train on, flags without global state, and TensorBoard's own reader."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from absl import flags

from tfface.data.records import Record, serialize, write_shard

MakeFlags = Callable[..., flags.FlagValues]
ReadCurves = Callable[[Path], dict[str, dict[int, float]]]


def composed_record(name: str, seed: int, side: int = 96) -> Record:
    """A picture of dark noise with two bright ellipses, which stand for faces."""
    generator = np.random.default_rng(seed)
    image = generator.integers(0, 60, (side, side, 3)).astype(np.uint8)
    boxes = []
    for left in (2, side // 2):
        width, height = (int(number) for number in generator.integers(20, 40, 2))
        top = int(generator.integers(2, side - height))
        centre = (left + width // 2, top + height // 2)
        cv2.ellipse(image, centre, (width // 2, height // 2), 0, 0, 360, (180, 200, 240), -1)
        boxes.append((left, top, left + width, top + height))
    encoded = cv2.imencode(".png", image)[1].tobytes()
    return Record(name, encoded, side, side, np.array(boxes, np.float32), np.zeros(2, bool))


@pytest.fixture(scope="session")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of six pictures with two faces each."""
    path = tmp_path_factory.mktemp("records") / "train-00000-of-00001.tfrecord"
    write_shard(path, [serialize(composed_record(f"{seed}.png", seed)) for seed in range(6)])
    return path


@pytest.fixture(scope="session")
def make_record() -> Callable[..., Record]:
    return composed_record


@pytest.fixture(scope="session")
def make_flags() -> MakeFlags:
    """`make_flags("--steps=3", ...)`: the flags of `train.main` for these arguments."""
    from train.flags import define_flags

    def make(*arguments: str) -> flags.FlagValues:
        values = flags.FlagValues()
        define_flags(values, ["train.main", *arguments])
        values(["train.main", *arguments])
        return values

    return make


@pytest.fixture(scope="session")
def run_arguments(records: Path, TinyDetector: type) -> list[str]:
    """All flags but --output of a tiny run of 12 epochs, validated on what it trains on.

    With `TinyDetector` Keras knows the class in its files, whatever process wrote them.
    """
    return [
        "--detector=tests.tiny_detector:TinyDetector",
        f"--train_records={records.parent}/train-*.tfrecord",
        f"--validation_records={records}",
        "--validation_side=64",
        "--validation_pictures=3",
        "--validate_every=5",
        "--steps=24",
        "--steps_per_epoch=2",
        "--schedule=cosine",
        "--learning_rate=0.01",
        "--warmup_steps=4",
        "--seed=3",
        "--width=0.5",
        "--image_size=64",
        "--batch_size=2",
        "--ema_momentum=0.8",
        "--fill_probability=0.5",
        "--closeup_probability=0.1",
        "--faceless_probability=0.05",
    ]


@pytest.fixture(scope="session")
def train_in(run_arguments: list[str], make_flags: MakeFlags) -> Callable[[Path], Path]:
    """`train_in(FOLDER)`: a run with `run_arguments`, which returns its folder."""
    import train.main

    def train_to(output: Path) -> Path:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(train.main, "FLAGS", make_flags(f"--output={output}", *run_arguments))
            train.main.main(["train.main"])
        return output

    return train_to


@pytest.fixture(scope="session")
def finished_run(
    train_in: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of a run with `run_arguments` that was never interrupted."""
    return train_in(tmp_path_factory.mktemp("finished") / "run")


@pytest.fixture(scope="session")
def read_curves() -> ReadCurves:
    """`read_curves(RUN)`: the points of every curve in RUN/tensorboard, in TensorBoard's eyes."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    def read(run: Path) -> dict[str, dict[int, float]]:
        events = EventAccumulator(str(run / "tensorboard")).Reload()
        return {
            tag: {event.step: event.value for event in events.Scalars(tag)}
            for tag in events.Tags()["scalars"]
        }

    return read
